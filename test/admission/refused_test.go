package admission_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// refusal is a manifest that must be refused.
type refusal struct {
	because string
	spec    string
	field   string   // that the message names, alone
	words   []string // of the message, that say what is expected
}

// unchecked is how the API server says that a rule of the schema failed, so that it did not come to the CEL rules.
const unchecked = "some validation rules were not checked"

func refuse(t *testing.T, refusals []refusal) {
	namespace := newNamespace(t)
	refuseEach(t, refusals, func(t *testing.T, spec string) error {
		t.Helper()
		_, err := declare(t, namespace, "tommy", spec)
		return err
	})
}

func refuseEach(t *testing.T, refusals []refusal, send func(t *testing.T, spec string) error) {
	for _, r := range refusals {
		t.Run(r.because, func(t *testing.T) {
			err := send(t, r.spec)
			if err == nil {
				t.Fatalf("admitted: %s", r.spec)
			}
			t.Log(err)
			for _, words := range append(r.words, r.field) {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("the message lacks %q: %v", words, err)
				}
			}
			if fields := blamed(err); len(fields) > 0 && !slices.Equal(fields, []string{r.field}) {
				t.Errorf("blamed are %q, and the mistake is in %q alone: %v", fields, r.field, err)
			}
		})
	}
}

// blamed are the fields that an error names, each once.
func blamed(err error) []string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var fields []string
	for _, cause := range status.Status().Details.Causes {
		if !strings.Contains(cause.Message, unchecked) && !slices.Contains(fields, cause.Field) {
			fields = append(fields, cause.Field)
		}
	}
	return fields
}

func TestADeclarationIsRefusedWhenTheAccount(t *testing.T) {
	const capability = "clientName: tommy, incoming: true"
	secretName := []string{"lower-case letters, digits", "such as twilio"}
	refuse(t, []refusal{
		{"is missing", `{` + capability + `}`, "spec.accountRef", []string{"Required value"}},
		{"is null", `{accountRef: null, ` + capability + `}`, "spec.accountRef", []string{"Required value"}},
		{"is a bare name", `{accountRef: twilio, ` + capability + `}`, "spec.accountRef", []string{"must be of type object"}},
		{"has no name", `{accountRef: {}, ` + capability + `}`, "spec.accountRef.name", []string{"Required value"}},
		{"has an empty name", `{accountRef: {name: ""}, ` + capability + `}`, "spec.accountRef.name", secretName},
		{"has a name in capitals", `{accountRef: {name: Twilio}, ` + capability + `}`, "spec.accountRef.name", secretName},
		{"has a name with an underscore", `{accountRef: {name: my_twilio}, ` + capability + `}`, "spec.accountRef.name", secretName},
		{"is in another namespace", `{accountRef: {name: platform/twilio}, ` + capability + `}`, "spec.accountRef.name", secretName},
		{"has a namespace field", `{accountRef: {name: twilio, namespace: platform}, ` + capability + `}`,
			"spec.accountRef.namespace", []string{"unknown field"}},
		{"has a name of 254 characters", `{accountRef: {name: ` + strings.Repeat("a", 254) + `}, ` + capability + `}`,
			"spec.accountRef.name", []string{"Too long", "253"}},
		{"is of a kind that is not supported", `{accountRef: {name: twilio, kind: ConfigMap}, ` + capability + `}`,
			"spec.accountRef.kind", []string{"must be Secret", "voice.capability-operator.io/account"}},
		{"is of a kind in lower case", `{accountRef: {name: twilio, kind: secret}, ` + capability + `}`,
			"spec.accountRef.kind", []string{"must be Secret"}},
		{"is of an empty kind", `{accountRef: {name: twilio, kind: ""}, ` + capability + `}`,
			"spec.accountRef.kind", []string{"must be Secret"}},
		{"has an impossible key", `{accountRef: {name: twilio, keys: {authToken: "auth token"}}, ` + capability + `}`,
			"spec.accountRef.keys.authToken", []string{"must be a key of a Secret"}},
		{"has an empty key", `{accountRef: {name: twilio, keys: {accountSID: ""}}, ` + capability + `}`,
			"spec.accountRef.keys.accountSID", []string{"must be a key of a Secret"}},
		{"has an unknown key", `{accountRef: {name: twilio, keys: {token: TOKEN}}, ` + capability + `}`,
			"spec.accountRef.keys.token", []string{"unknown field"}},
	})
}

func TestADeclarationIsRefusedWhenItsCapability(t *testing.T) {
	const sid = "AP0123456789abcdef0123456789abcdef"
	none := []string{"declares no capability", "set incoming to true, outgoing with an applicationSID, or eventStream"}
	application := []string{"AP followed by 32 hexadecimal digits", "such as " + sid}
	through := func(sid string) string {
		return `{accountRef: {name: twilio}, outgoing: {applicationSID: "` + sid + `"}}`
	}
	refuse(t, []refusal{
		{"is missing", `{accountRef: {name: twilio}}`, "spec", none},
		{"is a name alone", `{accountRef: {name: twilio}, clientName: tommy}`, "spec", none},
		{"is switched off", `{accountRef: {name: twilio}, clientName: tommy, incoming: false}`, "spec", none},
		{"is incoming without a name", `{accountRef: {name: twilio}, incoming: true}`,
			"spec.clientName", []string{"Required value: is required with incoming", "such as tommy"}},
		{"is incoming and outgoing without a name", `{accountRef: {name: twilio}, incoming: true, outgoing: {applicationSID: ` + sid + `}}`,
			"spec.clientName", []string{"Required value: is required with incoming", "such as tommy"}},
		{"is incoming as a string", `{accountRef: {name: twilio}, clientName: tommy, incoming: "yes"}`,
			"spec.incoming", []string{"must be of type boolean"}},
		{"is outgoing without an application", `{accountRef: {name: twilio}, outgoing: {}}`,
			"spec.outgoing.applicationSID", []string{"Required value"}},
		{"is outgoing as a boolean", `{accountRef: {name: twilio}, outgoing: true}`,
			"spec.outgoing", []string{"must be of type object"}},
		{"is outgoing with an empty SID", through(""), "spec.outgoing.applicationSID", application},
		{"is outgoing with a SID of 31 digits", through(sid[:33]), "spec.outgoing.applicationSID", application},
		{"is outgoing with a SID of 33 digits", through(sid + "0"), "spec.outgoing.applicationSID", application},
		{"is outgoing with a SID of another kind", through("AC" + sid[2:]), "spec.outgoing.applicationSID", application},
		{"is outgoing with a SID in lower case", through("ap" + sid[2:]), "spec.outgoing.applicationSID", application},
		{"is outgoing with a SID of other letters", through("AP" + strings.Repeat("g", 32)), "spec.outgoing.applicationSID", application},
		{"is outgoing with a SID and a space", through(sid + " "), "spec.outgoing.applicationSID", application},
		{"is outgoing with a SID and a line break", through(sid + `\n`), "spec.outgoing.applicationSID", application},
		{"is outgoing with a SID of 65 characters", through("AP" + strings.Repeat("0", 63)),
			"spec.outgoing.applicationSID", []string{"Too long", "64"}},
		{"is an event stream as a boolean", `{accountRef: {name: twilio}, eventStream: true}`, "spec.eventStream", []string{"must be of type object"}},
		{"is an event stream alone with a name", `{accountRef: {name: twilio}, clientName: tommy, eventStream: {}}`,
			"spec.clientName", []string{"eventStream alone", "leave it out"}},
		{"is an event stream and switched off, with a name", `{accountRef: {name: twilio}, clientName: tommy, incoming: false, eventStream: {}}`,
			"spec.clientName", []string{"eventStream alone", "leave it out"}},
		{"has a field that is misspelt", with(`ougoing: {applicationSID: ` + sid + `}`), "spec.ougoing", []string{"unknown field"}},
		{"has a field of another version", with(`webhook: {}`), "spec.webhook", []string{"unknown field"}},
	})
}

func TestAnAdmittedDeclarationCannotBeEditedIntoABadOne(t *testing.T) {
	namespace := newNamespace(t)
	if _, err := declare(t, namespace, "tommy", with(`ttl: 1h, renewBefore: 20m`)); err != nil {
		t.Fatal(err)
	}
	for edit, want := range map[string]string{
		`{"spec": {"ttl": "10m"}}`:                    "spec.renewBefore: Invalid value: must be at most nine tenths of ttl, which is 10m",
		`{"spec": {"ttl": null}}`:                     "", // which is the default again
		`{"spec": {"clientName": null}}`:              "spec.clientName: Required value: is required with incoming",
		`{"spec": {"incoming": null}}`:                "spec: Invalid value: declares no capability",
		`{"spec": {"accountRef": {"name": "tommy"}}}`: "spec.secret.name: Invalid value: the token would go into the account's own Secret",
		`{"spec": {"secret": {"name": "twilio"}}}`:    "spec.secret.name: Invalid value: the token would go into the account's own Secret",
	} {
		_, err := objects.Resource(clientCapabilities).Namespace(namespace).
			Patch(t.Context(), "tommy", types.MergePatchType, []byte(edit), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s gives %v and not %q", edit, err, want)
		}
	}
}

func TestKubectlPrintsWhatToWriteInstead(t *testing.T) {
	manifest := filepath.Join(t.TempDir(), "tommy.yaml")
	for spec, want := range map[string]string{
		with(`ttl: 1d`): "spec.ttl: Invalid value: \"1d\": must be a duration in whole hours, minutes and seconds, in that order," +
			" such as 90s, 10m or 1h30m\n",
		with(`tll: 1h`): "unknown field \"spec.tll\"\n",
	} {
		content := "apiVersion: " + v1alpha1.GroupVersion.String() + "\nkind: ClientCapability\nmetadata: {name: tommy}\nspec: " + spec + "\n"
		if err := os.WriteFile(manifest, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, complaint, err := kubectl(t.Context(), "apply", "-f", manifest)
		if err == nil || !strings.HasSuffix(complaint, want) {
			t.Errorf("kubectl prints %q and not %q", complaint, want)
		}
	}
}
