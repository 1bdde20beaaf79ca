package rbac_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// Somebody who may declare and no more: not read a Secret, and not create a pod that would mount one.
func TestWhoMayOnlyDeclareLearnsNoSecretAndOverwritesNone(t *testing.T) {
	in := overlays[0].install(t)
	in.run()
	bind(t, "tommy", "support", "capability-operator-edit")
	somebody := as(t, "tommy")
	awaitRight(t, somebody, func(ctx context.Context, c client.Client) error { return deeds[0].attempt(ctx, c, "support") })
	lasting(t, twilio("support"))
	lasting(t, secretOf("support", "theirs", corev1.SecretTypeOpaque))
	declare := func(t *testing.T, name string, change func(*v1alpha1.ClientCapabilitySpec)) *v1alpha1.ClientCapability {
		declared := declaration("support", name)
		if change != nil {
			change(&declared.Spec)
		}
		if err := somebody.Create(t.Context(), declared); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { remove(t, declared) })
		return in.at(t).awaitVerdict(somebody, declared)
	}

	t.Run("what it reads of its declaration holds no token and no credential", func(t *testing.T) {
		text := shown(t, declare(t, "tommy", nil))
		if strings.Contains(text, "eyJ") || strings.Contains(text, authToken) {
			t.Errorf("%s", text)
		}
	})
	t.Run("it reads no Secret, not even that of its own token", func(t *testing.T) {
		for _, name := range []string{"tommy", "twilio", "theirs"} {
			if err := hasNoRight(somebody.Get(t.Context(), client.ObjectKey{Namespace: "support", Name: name}, &corev1.Secret{})); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("a Secret that nobody has labelled is to it as one that is not there", func(t *testing.T) {
		theirs := declare(t, "with-theirs", func(s *v1alpha1.ClientCapabilitySpec) { s.AccountRef.Name = "theirs" })
		missing := declare(t, "with-absent", func(s *v1alpha1.ClientCapabilitySpec) { s.AccountRef.Name = "absent" })
		seen, want := readyOf(theirs), readyOf(missing)
		if seen.Reason != v1alpha1.ReasonAccountNotFound || seen.Message != strings.ReplaceAll(want.Message, "absent", "theirs") || seen.Reason != want.Reason {
			t.Errorf("of the one is said %+v\nand of the other %+v", seen, want)
		}
	})
	t.Run("a Secret that is there already is not written to, and not told of", func(t *testing.T) {
		before := &corev1.Secret{}
		if err := objects.Get(t.Context(), client.ObjectKey{Namespace: "support", Name: "theirs"}, before); err != nil {
			t.Fatal(err)
		}
		refused := declare(t, "over-theirs", func(s *v1alpha1.ClientCapabilitySpec) { s.Secret = &v1alpha1.SecretTarget{Name: "theirs"} })
		if got := readyOf(refused).Reason; got != v1alpha1.ReasonSecretNotOwned || strings.Contains(shown(t, refused), precious) {
			t.Errorf("%s: %s", got, shown(t, refused))
		}
		after := &corev1.Secret{}
		if err := objects.Get(t.Context(), client.ObjectKeyFromObject(before), after); err != nil || after.ResourceVersion != before.ResourceVersion {
			t.Errorf("it was written to (%v)", err)
		}
	})
}

// The admin of a namespace that an account is lent to: all that it can read there.
func TestATenantSeesNothingOfTheAccountThatItIsLent(t *testing.T) {
	const whereTheAccountIs, secretsName, othersApplication = "platform-of-accounts", "the-platforms-secret", "APffffffffffffffffffffffffffffffff"
	in := overlays[0].install(t)
	in.run()
	makeNamespace(t, whereTheAccountIs)
	account := twilio(whereTheAccountIs)
	account.Name = secretsName
	lasting(t, account)
	applications := []v1alpha1.ApplicationSID{othersApplication}
	lasting(t, &v1alpha1.ClusterAccount{ObjectMeta: named("", "production"), Spec: v1alpha1.ClusterAccountSpec{
		SecretRef:         v1alpha1.ClusterSecretReference{Namespace: whereTheAccountIs, Name: secretsName},
		AllowedNamespaces: &v1alpha1.AllowedNamespaces{Names: []v1alpha1.NamespaceName{"support"}},
		Limits:            &v1alpha1.Limits{ApplicationSIDs: applications},
	}})
	bind(t, "admin-of-support", "support", "admin")
	admin := as(t, "admin-of-support")
	awaitRight(t, admin, func(ctx context.Context, c client.Client) error { return deeds[0].attempt(ctx, c, "support") })

	granted, refused := declaration("support", "granted"), declaration("support", "refused")
	refused.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: "AP0123456789abcdef0123456789abcdef"}
	for _, declared := range []*v1alpha1.ClientCapability{granted, refused} {
		declared.Spec.AccountRef = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: "production"}
		if err := admin.Create(t.Context(), declared); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { remove(t, declared) })
	}
	if got := readyOf(in.awaitVerdict(admin, granted)); got.Status != "True" {
		t.Errorf("within the limits: %+v", got)
	}
	if got := readyOf(in.awaitVerdict(admin, refused)); got.Status != "False" {
		t.Errorf("outside the limits: %+v", got)
	}
	all := in.readableBy("admin-of-support", "support")
	if !strings.Contains(all, `"tommy"`) || !strings.Contains(all, `"kind": "Secret"`) {
		t.Fatalf("what it reads is only\n%s", all)
	}
	for what, text := range map[string]string{
		"the AuthToken": authToken, "the name of its Secret": secretsName, "the namespace of its Secret": whereTheAccountIs,
		"another tenant's application": othersApplication,
	} {
		if strings.Contains(all, text) {
			t.Errorf("it reads %s", what)
		}
	}
	for what, err := range map[string]error{
		"the account's Secret": admin.Get(t.Context(), client.ObjectKeyFromObject(account), &corev1.Secret{}),
		"the ClusterAccount":   admin.Get(t.Context(), client.ObjectKey{Name: "production"}, &v1alpha1.ClusterAccount{}),
	} {
		if err := hasNoRight(err); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A selector is as strong as whoever may label namespaces, and no stronger.
func TestANamespaceIsLentAnAccountWhileItHasTheLabelAndNoLonger(t *testing.T) {
	in := overlays[0].install(t)
	in.run()
	lasting(t, twilio(elsewhere))
	lasting(t, &v1alpha1.ClusterAccount{ObjectMeta: named("", "production"), Spec: v1alpha1.ClusterAccountSpec{
		SecretRef: v1alpha1.ClusterSecretReference{Namespace: elsewhere, Name: "twilio"},
		AllowedNamespaces: &v1alpha1.AllowedNamespaces{Selector: &v1alpha1.NamespaceSelector{
			MatchLabels: map[string]v1alpha1.LabelValue{"voice": "yes"},
		}},
	}})
	declared := tommy("support")
	declared.Spec.AccountRef = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: "production"}
	lasting(t, declared)
	label := func(value string) {
		patch(t, &corev1.Namespace{ObjectMeta: named("", "support")}, `{"metadata": {"labels": {"voice": `+value+`}}}`)
	}
	for _, step := range []struct {
		label string
		ready metav1.ConditionStatus
	}{{"null", metav1.ConditionFalse}, {`"no"`, metav1.ConditionFalse}, {`"yes"`, metav1.ConditionTrue}, {"null", metav1.ConditionFalse}} {
		label(step.label)
		in.await(func(ctx context.Context) error {
			if err := objects.Get(ctx, client.ObjectKeyFromObject(declared), declared); err != nil {
				return err
			}
			if ready := readyOf(declared); ready == nil || ready.Status != step.ready {
				return fmt.Errorf("with the label %s Ready is %+v", step.label, ready)
			}
			return nil
		})
	}
}

// awaitVerdict returns the declaration as somebody reads it once the operator has spoken of it.
func (in *installed) awaitVerdict(reader client.Client, declared *v1alpha1.ClientCapability) *v1alpha1.ClientCapability {
	in.t.Helper()
	in.await(func(ctx context.Context) error {
		if err := reader.Get(ctx, client.ObjectKeyFromObject(declared), declared); err != nil {
			return err
		}
		if ready := readyOf(declared); ready == nil || ready.ObservedGeneration != declared.Generation {
			return fmt.Errorf("Ready is %+v", ready)
		}
		return nil
	})
	return declared
}

func readyOf(declared *v1alpha1.ClientCapability) *metav1.Condition {
	return meta.FindStatusCondition(declared.Status.Conditions, v1alpha1.ReadyCondition)
}

func shown(t *testing.T, object any) string {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readableBy is all that a user reads in a namespace, of every kind that there is, with what is in Secrets decoded.
func (in *installed) readableBy(user, namespace string) string {
	in.t.Helper()
	reader := as(in.t, user)
	var all strings.Builder
	kinds := strings.Fields(mustKubectl(in.t, "", "api-resources", "--namespaced", "--verbs=list", "-o", "name"))
	for _, kind := range slices.Compact(kinds) {
		printed, complaints, err := kubectl(in.t.Context(), "", "get", kind, "-n", namespace, "-o", "json", "--as="+user)
		if err != nil && !strings.Contains(complaints, "orbidden") {
			in.t.Fatalf("%s: %v\n%s", kind, err, complaints)
		}
		all.WriteString(printed)
	}
	secrets := &corev1.SecretList{}
	if err := reader.List(in.t.Context(), secrets, client.InNamespace(namespace)); err != nil {
		in.t.Fatal(err)
	}
	for _, secret := range secrets.Items {
		for key, value := range secret.Data {
			fmt.Fprintf(&all, "%s %s %s\n", secret.Name, key, value)
		}
	}
	return all.String()
}

// A line that docs/security.md says a test holds is held by one.
func TestTheTestsThatTheThreatModelNamesAreThere(t *testing.T) {
	page, err := os.ReadFile(repository + "docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`(Test[A-Z][A-Za-z]+)`").FindAllStringSubmatch(string(page), -1)
	var tests strings.Builder
	err = filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		tests.Write(content)
		return err
	})
	if err != nil || len(names) < 15 {
		t.Fatalf("the page names only %d (%v)", len(names), err)
	}
	for _, name := range names {
		if !strings.Contains(tests.String(), "\nfunc "+name[1]+"(") {
			t.Errorf("%s is nowhere", name[1])
		}
	}
}
