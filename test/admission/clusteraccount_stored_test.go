package admission_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestAClusterAccountIsStoredAsItIsWritten(t *testing.T) {
	for name, c := range map[string]struct{ spec, stored string }{
		"one of the least": {`{secretRef: {namespace: voice-platform, name: twilio}}`, `{"secretRef": {"namespace": "voice-platform", "name": "twilio"}}`},
		"one with empty lists": {
			lending(`allowedNamespaces: {names: []}, limits: {applicationSIDs: [], capabilities: [], tokenTypes: []}`),
			`{"secretRef": {"namespace": "voice-platform", "name": "twilio"}, "allowedNamespaces": {"names": []},
			  "limits": {"applicationSIDs": [], "capabilities": [], "tokenTypes": []}}`,
		},
		"one without limits, in so many words": {limited(``), `{"secretRef": {"namespace": "voice-platform", "name": "twilio"}, "limits": {}}`},
	} {
		t.Run(name, func(t *testing.T) {
			account := mustLend(t, c.spec)
			if got, want := compact(t, account.Object["spec"]), reformatted(t, c.stored); got != want {
				t.Errorf("it is\n%s\nand not\n%s", got, want)
			}
			if got := compact(t, account.Object["status"]); got != `{"observedGeneration":-1}` {
				t.Errorf("its status is %s", got)
			}
		})
	}
}

// An empty list permits nothing and an absent one everything: whoever writes with Go types must get what they wrote, and so
// must the operator who reads it.
func TestAnEmptyListStaysEmptyAndAnAbsentOneAbsentOnTheWayThroughTheTypes(t *testing.T) {
	api := typedClient(t)
	ref := v1alpha1.ClusterSecretReference{Namespace: "voice-platform", Name: "twilio"}
	empty := &v1alpha1.ClusterAccount{ObjectMeta: metav1.ObjectMeta{Name: "empty"}, Spec: v1alpha1.ClusterAccountSpec{
		SecretRef:         ref,
		AllowedNamespaces: &v1alpha1.AllowedNamespaces{Names: []v1alpha1.NamespaceName{}},
		Limits: &v1alpha1.Limits{ApplicationSIDs: []v1alpha1.ApplicationSID{}, Capabilities: []v1alpha1.CapabilityName{},
			TokenTypes: []v1alpha1.LimitedTokenType{}},
	}}
	absent := &v1alpha1.ClusterAccount{ObjectMeta: metav1.ObjectMeta{Name: "absent"}, Spec: v1alpha1.ClusterAccountSpec{
		SecretRef: ref, AllowedNamespaces: &v1alpha1.AllowedNamespaces{All: new(true)}, Limits: &v1alpha1.Limits{MaxTTL: "1h"},
	}}
	for _, account := range []*v1alpha1.ClusterAccount{empty, absent} {
		if err := api.Create(t.Context(), account.DeepCopy()); err != nil {
			t.Fatal(err)
		}
		goesWith(t, account.Name)
		read := &v1alpha1.ClusterAccount{}
		if err := api.Get(t.Context(), types.NamespacedName{Name: account.Name}, read); err != nil {
			t.Fatal(err)
		}
		read.Labels = map[string]string{"team": "voice"} // an update of something else leaves the lists as they are
		if err := api.Update(t.Context(), read); err != nil {
			t.Fatal(err)
		}
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(read.DeepCopy())
		if err != nil {
			t.Fatal(err)
		}
		converted := &v1alpha1.ClusterAccount{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, converted); err != nil {
			t.Fatal(err)
		}
		for how, got := range map[string]*v1alpha1.ClusterAccount{"read": read, "copied": read.DeepCopy(), "converted": converted} {
			isEmpty := account == empty
			for list, is := range map[string]bool{
				"names": got.Spec.AllowedNamespaces.Names != nil, "applicationSIDs": got.Spec.Limits.ApplicationSIDs != nil,
				"capabilities": got.Spec.Limits.Capabilities != nil, "tokenTypes": got.Spec.Limits.TokenTypes != nil,
			} {
				if is != isEmpty {
					t.Errorf("%s, %s of the account with %s lists is there: %t", how, list, account.Name, is)
				}
			}
		}
	}
}

func typedClient(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	api, err := client.New(cluster.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// A GitOps tool compares what it applied with what is stored, and applies it again and again.
func TestApplyingAClusterAccountTwiceChangesNothing(t *testing.T) {
	for how, flags := range map[string][]string{"client": nil, "server": {"--server-side"}} {
		t.Run("on the side of the "+how, func(t *testing.T) {
			name := "applied-by-" + how
			manifest := filepath.Join(t.TempDir(), "account.yaml")
			content := "apiVersion: " + v1alpha1.GroupVersion.String() + "\nkind: ClusterAccount\nmetadata: {name: " + name + "}\nspec: " +
				lending(`allowedNamespaces: {names: [support, sales]}, limits: {maxTTL: 1h, applicationSIDs: [], capabilities: [Incoming], `+
					`clientNamePattern: "$(namespace)_[a-z0-9]+"}, verify: {interval: 1h}`) + "\n"
			if err := os.WriteFile(manifest, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			apply := append([]string{"apply", "-f", manifest}, flags...)
			mustKubectl(t, apply...)
			goesWith(t, name)
			if diff := mustKubectl(t, append([]string{"diff", "-f", manifest}, flags...)...); diff != "" {
				t.Errorf("there is a difference once it is applied:\n%s", diff)
			}
			report(t, name, `{"observedGeneration": 1}`) // see reportOnce
			first := accountVersion(t, name)
			mustKubectl(t, apply...)
			if second := accountVersion(t, name); second != first {
				t.Errorf("applied once: %s; applied twice: %s", first, second)
			}
		})
	}
}

func accountVersion(t *testing.T, name string) string {
	t.Helper()
	account, err := objects.Resource(clusterAccounts).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return account.GetResourceVersion()
}

// report writes a status as the operator does.
func report(t *testing.T, name, status string) {
	t.Helper()
	_, err := objects.Resource(clusterAccounts).Patch(t.Context(), name, types.MergePatchType,
		[]byte(`{"status": `+status+`}`), metav1.PatchOptions{FieldValidation: metav1.FieldValidationStrict}, "status")
	if err != nil {
		t.Fatal(err)
	}
}

func TestKubectlGetShowsTheAccountsState(t *testing.T) {
	name := mustLend(t, lending(`verify: {interval: 1h}`)).GetName()
	at := `"lastTransitionTime": "2031-05-01T10:00:00Z", "message": ""`
	report(t, name, `{"accountSID": "AC0123456789abcdef0123456789abcdef", "signingKey": {"sid": "SK0123456789abcdef0123456789abcdef"},
	  "previousKey": {"sid": "SKfedcba9876543210fedcba9876543210", "inUseUntil": "2031-05-01T11:00:00Z"}, "credentialsCheckedAt": "2031-05-01T10:00:00Z",
	  "conditions": [{"type": "Ready", "status": "True", "reason": "CredentialsValid", `+at+`},
	                 {"type": "CredentialsAccepted", "status": "Unknown", "reason": "Unreachable", `+at+`}]}`)
	wantColumns := []string{"NAME", "READY", "ACCOUNT", "KEY", "ACCEPTED", "REASON", "AGE"}
	wantRow := []string{"", "True", "AC0123456789abcdef0123456789abcdef", "SK0123456789abcdef0123456789abcdef", "Unknown", "CredentialsValid"}
	for alias, shown := range map[string]string{
		"cacct": name, "clusteraccount": name, "clusteraccounts": name, "twilio": "clusteraccount." + v1alpha1.GroupName + "/" + name,
	} {
		t.Run("as "+alias, func(t *testing.T) {
			columns, rows, _ := strings.Cut(mustKubectl(t, "get", alias, "-n", "default"), "\n")
			if got := strings.Fields(columns); !slices.Equal(got, wantColumns) {
				t.Errorf("the columns are %q and not %q", got, wantColumns)
			}
			wantRow[0] = shown
			if got := strings.Fields(rows); len(got) != len(wantColumns) || !slices.Equal(got[:len(wantRow)], wantRow) {
				t.Errorf("the row is %q and not %q with an age", got, wantRow)
			}
		})
	}
}

// The status is the operator's to write: whoever may write specs can't have an account seem ready.
func TestTheStatusOfAClusterAccountIsWrittenThroughItsSubresourceAlone(t *testing.T) {
	name := mustLend(t, lending(`limits: {}`)).GetName()
	patched, err := objects.Resource(clusterAccounts).Patch(t.Context(), name, types.MergePatchType,
		[]byte(`{"status": {"accountSID": "AC0123456789abcdef0123456789abcdef"}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := compact(t, patched.Object["status"]); got != `{"observedGeneration":-1}` {
		t.Errorf("a user wrote the status %s", got)
	}
	report(t, name, `{"observedGeneration": 1}`)
	reported, err := objects.Resource(clusterAccounts).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := compact(t, reported.Object["status"]); got != `{"observedGeneration":1}` || reported.GetGeneration() != patched.GetGeneration() {
		t.Errorf("the operator wrote the status %s, and the generation went from %d to %d", got, patched.GetGeneration(), reported.GetGeneration())
	}
}
