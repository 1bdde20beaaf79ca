package admission_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const asked = `delivery: OnDemand`

func TestTokensOnDemandAreAdmittedSuchAs(t *testing.T) {
	admit(t, []admission{
		{"those of one client", with(asked)},
		{"the shortest", with(asked + `, ttl: 5s`)},
		{"those of a client that is named where it asks", `{accountRef: {name: twilio}, incoming: true, ` + asked + `, onDemand: {clientNamePattern: "support_[a-z0-9]+"}}`},
		{"Access tokens of such a client",
			`{accountRef: {name: twilio}, tokenType: Access, ` + outgoingThrough + `, ` + asked + `, onDemand: {clientNamePattern: "support_[a-z0-9]+"}}`},
		{"those of one client and of others", with(asked + `, onDemand: {clientNamePattern: anna|bert}`)},
		{"those of nobody", `{accountRef: {name: twilio}, ` + outgoingThrough + `, ` + asked + `}`},
		{"an event stream", `{accountRef: {name: twilio}, eventStream: {}, ` + asked + `}`},
		{"those that come besides a Secret", with(`delivery: Secret, onDemand: {clientNamePattern: anna}`)},
		{"no choice", with(asked + `, onDemand: {}`)},
		{"a pattern of 256 characters", with(asked + `, onDemand: {clientNamePattern: ` + strings.Repeat("a", 256) + `}`)},
		{"a pattern of many repetitions", with(asked + `, onDemand: {clientNamePattern: "([a-z]{1,100}){1,10}"}`)},
		{"a pattern that begins a quotation", with(asked + `, onDemand: {clientNamePattern: '\Qanna'}`)},
		{"those of which a Secret is still declared", with(asked + `, secret: {name: tommy-token, deletionPolicy: Retain}`)},
		{"those whose Secret would be the account's, if there were one", with(asked + `, secret: {name: twilio}`)},
		{"suspended ones", with(asked + `, suspend: true`)},
		{"those in a declaration as large as can be", strings.Replace(strings.TrimSuffix(large(named(t, strings.Repeat("é", 256))), "}")+
			`, `+asked+`, onDemand: {clientNamePattern: `+strings.Repeat("é", 256)+`}}`, `renewBefore: 21h35m59s,`, "", 1)},
	})
}

func TestADeclarationIsRefusedWhenItsDelivery(t *testing.T) {
	known := []string{"Invalid value: \"Ondemand\": must be Secret or OnDemand"}
	renewed := []string{"Forbidden: has no place with delivery OnDemand, where nothing is renewed: leave it out"}
	empty := []string{`must not be empty: write a pattern such as support_[a-z0-9]+, or leave the field out to permit spec.clientName alone`}
	nobody := []string{"Forbidden: has no place with eventStream alone, whose tokens have no name: leave it out, or add incoming or outgoing"}
	incoming := []string{"Required value: is required with incoming: write the name that this client receives calls for, such as tommy"}
	access := []string{"Required value: is required with tokenType Access: write who this client is, such as tommy"}
	const pattern = `onDemand: {clientNamePattern: "support_[a-z0-9]+"}`
	refuse(t, []refusal{
		{"is in another spelling", with(`delivery: Ondemand`), "spec.delivery", known},
		{"is empty", with(`delivery: ""`), "spec.delivery", []string{"must be Secret or OnDemand"}},
		{"is too long", with(`delivery: ` + strings.Repeat("a", 17)), "spec.delivery", []string{"Too long", "16"}},
		{"is a list", with(`delivery: [Secret, OnDemand]`), "spec.delivery", aString},
		{"renews nothing and says when", with(asked + `, renewBefore: 5m`), "spec.renewBefore", renewed},
		{"has an empty pattern", with(asked + `, onDemand: {clientNamePattern: ""}`), "spec.onDemand.clientNamePattern", empty},
		{"has a pattern of 257 characters", with(asked + `, onDemand: {clientNamePattern: ` + strings.Repeat("a", 257) + `}`),
			"spec.onDemand.clientNamePattern", []string{"Too long", "256"}},
		{"has another choice to offer", with(asked + `, onDemand: {ttl: 5s}`), "spec.onDemand.ttl", []string{"unknown field"}},
		{"has a pattern for names of an event stream", `{accountRef: {name: twilio}, eventStream: {}, ` + asked + `, ` + pattern + `}`,
			"spec.onDemand.clientNamePattern", nobody},
		{"leaves the name to who asks, and there is a Secret", `{accountRef: {name: twilio}, incoming: true, ` + pattern + `}`, "spec.clientName", incoming},
		{"leaves the name to who asks, and nobody may choose", `{accountRef: {name: twilio}, incoming: true, ` + asked + `}`, "spec.clientName", incoming},
		{"leaves the identity to who asks, and nobody may choose",
			`{accountRef: {name: twilio}, tokenType: Access, ` + outgoingThrough + `, ` + asked + `}`, "spec.clientName", access},
		{"leaves the identity to who asks, and there is a Secret",
			`{accountRef: {name: twilio}, tokenType: Access, ` + outgoingThrough + `, ` + pattern + `}`, "spec.clientName", access},
	})
}

func TestAPatternOfClientNamesIsRefusedWhereItIsNone(t *testing.T) {
	says := []string{"must be a regular expression (RE2), such as support_[a-z0-9]+"}
	var refusals []refusal
	for _, pattern := range []string{"(", "[", "a)|(?:b", "*", `\`, "(?=tommy)", "a{2,1}", "(?P<a>b"} {
		refusals = append(refusals, refusal{"as " + pattern, with(asked + `, onDemand: {clientNamePattern: '` + pattern + `'}`),
			"spec.onDemand.clientNamePattern", says})
	}
	refuse(t, refusals)
}

// What must hold of a Secret is looked at when there is to be one again.
func TestADeliveryIsChangedOnlyToWhatIsWhole(t *testing.T) {
	namespace := newNamespace(t)
	if _, err := declare(t, namespace, "tommy", `{accountRef: {name: twilio}, incoming: true, `+asked+`, onDemand: {clientNamePattern: "support_.+"}}`); err != nil {
		t.Fatal(err)
	}
	for edit, want := range map[string]string{
		`{"spec": {"delivery": "Secret"}}`: "spec.clientName: Required value: is required with incoming",
		`{"spec": {"delivery": null}}`:     "spec.clientName: Required value: is required with incoming", // the default again
		`{"spec": {"onDemand": null}}`:     "spec.clientName: Required value: is required with incoming",
		`{"spec": {"delivery": "Secret", "clientName": "tommy", "secret": {"name": "twilio"}}}`:      "spec.secret.name: Invalid value: the token would go into the account's own Secret",
		`{"spec": {"delivery": "OnDemand", "clientName": "tommy", "secret": {"name": "twilio"}}}`:    "",
		`{"spec": {"delivery": "Secret", "clientName": "tommy", "renewBefore": "5m"}}`:               "",
		`{"spec": {"delivery": "OnDemand", "clientName": "tommy", "renewBefore": "5m"}}`:             "spec.renewBefore: Forbidden: has no place with delivery OnDemand",
		`{"spec": {"incoming": null, "eventStream": {}}}`:                                            "spec.onDemand.clientNamePattern: Forbidden: has no place with eventStream alone",
		`{"spec": {"incoming": null, "eventStream": {}, "onDemand": {"clientNamePattern": null}}}`:   "",
		`{"spec": {"tokenType": "Access", "incoming": null, "eventStream": {}, "onDemand": null}}`:   "spec.eventStream: Forbidden: has no place in an Access token",
		`{"spec": {"clientName": "tommy", "onDemand": {"clientNamePattern": null}, "suspend":true}}`: "",
	} {
		_, err := objects.Resource(clientCapabilities).Namespace(namespace).
			Patch(t.Context(), "tommy", types.MergePatchType, []byte(edit), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s gives %v and not %q", edit, err, want)
		}
	}
}

func TestTokensOnDemandDrawNoWarningOfAShortLifetime(t *testing.T) {
	heard, client := listener(t)
	if _, err := client.Create(t.Context(), declaration(t, "tommy", with(asked+`, ttl: 5s`)), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if said := heard.take(); len(said) > 0 {
		t.Errorf("it draws the warning %q", said)
	}
	for edit, warned := range map[string]bool{`{"spec": {"delivery": "OnDemand", "ttl": "6s"}}`: false, `{"spec": {"delivery": "Secret"}}`: true} {
		if _, err := client.Patch(t.Context(), "tommy", types.MergePatchType, []byte(edit), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
			t.Fatal(err)
		}
		if said := heard.take(); len(said) > 0 != warned {
			t.Errorf("%s draws %q", edit, said)
		}
	}
}

func TestTokensOnDemandDrawTheWarningOfANameAllTheSame(t *testing.T) {
	for spec, warned := range map[string]bool{
		`{accountRef: {name: twilio}, tokenType: Access, incoming: true, ` + asked + `, clientName: tommy.1}`:                               true,
		`{accountRef: {name: twilio}, tokenType: Access, incoming: true, ` + asked + `, clientName: tommy}`:                                 false,
		`{accountRef: {name: twilio}, tokenType: Access, incoming: true, ` + asked + `, onDemand: {clientNamePattern: "support[.][a-z]+"}}`: false,
	} {
		heard, client := listener(t)
		if _, err := client.Create(t.Context(), declaration(t, "tommy", spec), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(heard.take(), "\n"); warned != strings.Contains(said, "error 31105") || !warned && said != "" {
			t.Errorf("%s draws %q", spec, said)
		}
	}
}
