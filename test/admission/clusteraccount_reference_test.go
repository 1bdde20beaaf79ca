package admission_test

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// by is a declaration that uses an account like that.
func by(ref string) string {
	return `{accountRef: {` + ref + `}, clientName: tommy, incoming: true}`
}

func TestADeclarationByAClusterAccountIsAdmittedWhenIt(t *testing.T) {
	admit(t, []admission{
		{"names it", by(`kind: ClusterAccount, name: production`)},
		{"names one of the longest name", by(`kind: ClusterAccount, name: ` + longest)},
		{"names one of its own name, which is no Secret", by(`kind: ClusterAccount, name: tommy-2`)},
		{"names one of its Secret's name", `{accountRef: {kind: ClusterAccount, name: production}, clientName: tommy, incoming: true, secret: {name: production}}`},
		{"wants an Access token", `{accountRef: {kind: ClusterAccount, name: production}, tokenType: Access, clientName: tommy, incoming: true}`},
	})
}

func TestADeclarationByAClusterAccountIsRefusedWhenIt(t *testing.T) {
	kinds := []string{`must be Secret, for a Secret of this namespace that carries the label voice.capability-operator.io/account: "true", or ClusterAccount`}
	names := []string{"must be the name of a Secret or ClusterAccount: lower-case letters, digits, '-' and '.', such as twilio"}
	keys := []string{"Forbidden: has no place with kind ClusterAccount, which names its own keys: leave it out"}
	refuse(t, []refusal{
		{"writes the kind in lower case", by(`kind: clusteraccount, name: production`), "spec.accountRef.kind", kinds},
		{"writes the kind by its short name", by(`kind: cacct, name: production`), "spec.accountRef.kind", kinds},
		{"has no name", by(`kind: ClusterAccount`), "spec.accountRef.name", []string{"Required value"}},
		{"has an empty name", by(`kind: ClusterAccount, name: ""`), "spec.accountRef.name", names},
		{"has a name in capitals", by(`kind: ClusterAccount, name: Production`), "spec.accountRef.name", names},
		{"names keys", by(`kind: ClusterAccount, name: production, keys: {authToken: auth}`), "spec.accountRef.keys", keys},
		{"names no keys, in so many words", by(`kind: ClusterAccount, name: production, keys: {}`), "spec.accountRef.keys", keys},
		{"names a namespace", by(`kind: ClusterAccount, name: production, namespace: voice-platform`), "spec.accountRef.namespace", []string{"unknown field"}},
	})
}

// A Secret of the same name as a ClusterAccount may be there by chance; once it is the account, it is not written to.
func TestAReferenceCannotBeTurnedIntoTheDeclarationsOwnSecret(t *testing.T) {
	namespace := newNamespace(t)
	if _, err := declare(t, namespace, "production", by(`kind: ClusterAccount, name: production`)); err != nil {
		t.Fatal(err)
	}
	_, err := objects.Resource(clientCapabilities).Namespace(namespace).Patch(t.Context(), "production", types.MergePatchType,
		[]byte(`{"spec": {"accountRef": {"kind": "Secret"}}}`), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
	if err == nil || !strings.Contains(err.Error(), "spec.secret.name: Invalid value: the token would go into the account's own Secret") {
		t.Errorf("it gives %v", err)
	}
}

func TestOneCommandListsWhoUsesAClusterAccount(t *testing.T) {
	first, second := newNamespace(t), newNamespace(t)
	for _, user := range []struct{ namespace, name, ref string }{
		{first, "tommy", `kind: ClusterAccount, name: listed`},
		{second, "anna", `kind: ClusterAccount, name: listed`},
		{second, "bert", `kind: ClusterAccount, name: listed-2`},
		{second, "carl", `kind: Secret, name: listed`},
		{second, "dora", `name: listed`},
	} {
		if _, err := declare(t, user.namespace, user.name, by(user.ref)); err != nil {
			t.Fatal(err)
		}
	}
	for selector, want := range map[string][]string{
		"spec.accountRef.kind=ClusterAccount,spec.accountRef.name=listed": {first + " tommy", second + " anna"},
		"spec.accountRef.kind=Secret,spec.accountRef.name=listed":         {second + " carl", second + " dora"},
		"spec.accountRef.name=listed-2":                                   {second + " bert"},
	} {
		printed := mustKubectl(t, "get", "ccap", "-A", "--no-headers", "--field-selector", selector)
		var got []string
		for line := range strings.Lines(printed) {
			if words := strings.Fields(line); len(words) > 1 {
				got = append(got, words[0]+" "+words[1])
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s lists %q and not %q", selector, got, want)
		}
	}
}
