package admission_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	outgoingThrough = `outgoing: {applicationSID: AP0123456789abcdef0123456789abcdef}`
	pushCredential  = `pushCredentialSID: CR0123456789abcdef0123456789abcdef`
)

func TestAccessTokensAreAdmittedSuchAs(t *testing.T) {
	admit(t, []admission{
		{"one for incoming calls", with(`tokenType: Access`)},
		{"one for outgoing calls", `{accountRef: {name: twilio}, tokenType: Access, clientName: tommy, ` + outgoingThrough + `}`},
		{"one with a push credential", with(`tokenType: Access, ` + pushCredential)},
		{"one with a name that draws a warning", `{accountRef: {name: twilio}, tokenType: Access, clientName: tommy.1, incoming: true}`},
		{"one whose account has keys of other names",
			`{accountRef: {name: twilio, keys: {apiKey: key, apiSecret: secret, region: region}}, tokenType: Access, clientName: tommy, incoming: true}`},
		{"a Capability token that is called so", with(`tokenType: Capability`)},
	})
}

func TestADeclarationIsRefusedWhenItsTokenType(t *testing.T) {
	named := []string{"Required value: is required with tokenType Access", "such as tommy"}
	known := []string{"must be Access or Capability"}
	push := []string{"CR followed by 32 hexadecimal digits"}
	refuse(t, []refusal{
		{"is none", with(`tokenType: JWT`), "spec.tokenType", known},
		{"is in lower case", with(`tokenType: access`), "spec.tokenType", known},
		{"is empty", with(`tokenType: ""`), "spec.tokenType", known},
		{"is Access without a name", `{accountRef: {name: twilio}, tokenType: Access, ` + outgoingThrough + `}`, "spec.clientName", named},
		{"is Access, incoming, without a name", `{accountRef: {name: twilio}, tokenType: Access, incoming: true}`, "spec.clientName", named},
		{"is Access with an event stream", with(`tokenType: Access, eventStream: {filters: {EventType: call}}`),
			"spec.eventStream", []string{"has no place in an Access token", "tokenType Capability"}},
		{"is Access with an event stream alone", `{accountRef: {name: twilio}, tokenType: Access, clientName: tommy, eventStream: {}}`,
			"spec.eventStream", []string{"has no place in an Access token", "tokenType Capability"}},
		{"is Access without any capability", `{accountRef: {name: twilio}, tokenType: Access, clientName: tommy}`,
			"spec", []string{"declares no capability"}},
		{"is Capability with a push credential", with(pushCredential),
			"spec.pushCredentialSID", []string{"has no place in a Capability token", "set tokenType to Access"}},
		{"is Access with an empty push credential", with(`tokenType: Access, pushCredentialSID: ""`), "spec.pushCredentialSID", push},
		{"is Access with a push credential of another kind", with(`tokenType: Access, pushCredentialSID: AP0123456789abcdef0123456789abcdef`),
			"spec.pushCredentialSID", push},
		{"is Access with a push credential of 65 characters", with(`tokenType: Access, pushCredentialSID: CR` + strings.Repeat("0", 63)),
			"spec.pushCredentialSID", []string{"Too long", "64"}},
		{"is Access of an account with an impossible key",
			`{accountRef: {name: twilio, keys: {apiSecret: "api secret"}}, tokenType: Access, clientName: tommy, incoming: true}`,
			"spec.accountRef.keys.apiSecret", []string{"must be a key of a Secret"}},
	})
}

func TestANameWithWhichNoCallsArePlacedIsSaidAloud(t *testing.T) {
	for name, warned := range map[string]bool{
		"tommy": false, "support_1": false, "T0mmy": false, strings.Repeat("a", 121): false,
		"tommy.1": true, "tommy@support": true, "tömmy": true, "tommy-1": true, strings.Repeat("a", 122): true,
	} {
		t.Run(name, func(t *testing.T) {
			heard, client := listener(t)
			spec := `{accountRef: {name: twilio}, tokenType: Access, incoming: true, clientName: "` + name + `"}`
			if _, err := client.Create(t.Context(), declaration(t, "tommy", spec), metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			said := strings.Join(heard.take(), "\n")
			if warned != strings.Contains(said, "error 31105") || !warned && said != "" {
				t.Errorf("the warning is %q", said)
			}
			if strings.Contains(said, name) {
				t.Errorf("it repeats the name: %q", said)
			}
			if _, err := client.Patch(t.Context(), "tommy", types.MergePatchType, []byte(`{"metadata": {"labels": {"team": "support"}}}`),
				metav1.PatchOptions{}); err != nil {
				t.Fatal(err)
			}
			if again := heard.take(); len(again) > 0 {
				t.Errorf("a label draws the warning again: %q", again)
			}
		})
	}
	heard, client := listener(t)
	capability := `{accountRef: {name: twilio}, incoming: true, clientName: tommy.1}`
	if _, err := client.Create(t.Context(), declaration(t, "tommy", capability), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if said := heard.take(); len(said) > 0 {
		t.Errorf("a Capability token, to which that does not apply, draws the warning %q", said)
	}
}
