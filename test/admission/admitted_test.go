package admission_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestADeclarationIsAdmittedWhenIt(t *testing.T) {
	const sid = "AP0123456789abcdef0123456789abcdef"
	admit(t, []admission{
		{"is incoming alone", `{accountRef: {name: twilio}, clientName: tommy, incoming: true}`},
		{"is outgoing alone, without a name", `{accountRef: {name: twilio}, outgoing: {applicationSID: ` + sid + `}}`},
		{"is outgoing with incoming switched off", `{accountRef: {name: twilio}, incoming: false, outgoing: {applicationSID: ` + sid + `}}`},
		{"is both", with(`outgoing: {applicationSID: ` + sid + `}`)},
		{"has a SID in capitals", with(`outgoing: {applicationSID: AP0123456789ABCDEF0123456789ABCDEF}`)},
		{"is suspended", with(`suspend: true`)},
		{"names the account's kind", `{accountRef: {name: twilio, kind: Secret}, clientName: tommy, incoming: true}`},
		{"has an account of the longest name", `{accountRef: {name: ` + longest + `}, clientName: tommy, incoming: true}`},
		{"has an account of a dotted name", `{accountRef: {name: twilio.eu-1}, clientName: tommy, incoming: true}`},
		{"names the account's keys",
			`{accountRef: {name: twilio, keys: {accountSID: account_sid, authToken: auth.token}}, clientName: tommy, incoming: true}`},
	})
}

func TestTimesAreAdmittedSuchAs(t *testing.T) {
	admit(t, []admission{
		{"the shortest ttl", with(`ttl: 5s`)},
		{"the longest ttl", with(`ttl: 24h`)},
		{"the longest ttl in minutes", with(`ttl: 1440m`)},
		{"the longest ttl in seconds", with(`ttl: 86400s`)},
		{"a ttl of hours and minutes", with(`ttl: 1h30m`)},
		{"a ttl of hours and seconds", with(`ttl: 1h30s`)},
		{"a ttl of all three units", with(`ttl: 23h59m60s`)},
		{"a ttl of 16 characters", with(`ttl: 00001h030m00005s`)},
		{"a ttl of null", with(`ttl: null`)},
		{"a renewBefore of nine tenths of ttl", with(`ttl: 10m, renewBefore: 9m`)},
		{"a renewBefore of nine tenths of the default ttl", with(`renewBefore: 54m`)},
		{"a renewBefore of nine tenths of the longest ttl", with(`ttl: 24h, renewBefore: 77760s`)},
		{"leaving one second between renewals", with(`ttl: 5s, renewBefore: 4s`)},
		{"leaving one second of ten between renewals", with(`ttl: 10s, renewBefore: 9s`)},
		{"the shortest renewBefore", with(`renewBefore: 1s`)},
	})
}

func TestClientNamesAreAdmittedSuchAs(t *testing.T) {
	admit(t, []admission{
		{"a name of one character", named(t, "t")},
		{"a name of 256 characters", named(t, strings.Repeat("a", 256))},
		{"a name of 256 characters of several bytes", named(t, strings.Repeat("é", 256))},
		{"a name in another script", named(t, "たろう")},
		{"an emoji", named(t, "📞")},
		{"an address", named(t, "tommy+desk@example.com")},
		{"all that is allowed in ASCII", named(t, `!$&'()*+,-./:;=?@_~09AZaz`)},
	})
}

func TestParamsAreAdmittedSuchAs(t *testing.T) {
	admit(t, []admission{
		{"none", calling(`{}`)},
		{"32 params", calling(numbered(32, "p%d: v"))},
		{"params of 800 bytes", calling(`{p: ` + strings.Repeat("v", 799) + `}`)},
		{"params of 800 bytes in characters of two", calling(`{éé: ` + strings.Repeat("é", 398) + `}`)},
		{"32 params of 800 bytes", calling(numbered(32, "p%02d: "+strings.Repeat("v", 22)))},
		{"an empty param", calling(`{team: ""}`)},
		{"params that need encoding", calling(`{"a b": "c=d&e f+g%"}`)},
	})
}

func TestEventStreamsAreAdmittedSuchAs(t *testing.T) {
	const outgoing = `outgoing: {applicationSID: AP0123456789abcdef0123456789abcdef}`
	admit(t, []admission{
		{"one of all events", `{accountRef: {name: twilio}, eventStream: {}}`},
		{"one without filters", listening(`{}`)},
		{"32 filters of 800 bytes", listening(numbered(32, "p%02d: "+strings.Repeat("v", 22)))},
		{"filters that need encoding", listening(`{"a b": "c=d&e f+g%"}`)},
		{"one beside incoming", with(`eventStream: {filters: {EventType: call}}`)},
		{"one beside outgoing without a name", `{accountRef: {name: twilio}, eventStream: {}, ` + outgoing + `}`},
		{"one beside outgoing with a name", `{accountRef: {name: twilio}, clientName: tommy, eventStream: {}, ` + outgoing + `}`},
	})
}

func TestSecretsAreAdmittedSuchAs(t *testing.T) {
	admit(t, []admission{
		{"an empty one", with(`secret: {}`)},
		{"one that is named", with(`secret: {name: tommy-token}`)},
		{"one of the longest name", with(`secret: {name: ` + longest + `}`)},
		{"the longest key", with(`secret: {key: ` + longest + `}`)},
		{"a key that begins with a dot", with(`secret: {key: .token}`)},
		{"a key in capitals", with(`secret: {key: TWILIO_TOKEN.jwt}`)},
		{"one that is retained", with(`secret: {deletionPolicy: Retain}`)},
		{"16 labels and 16 annotations", with(`secret: {labels: ` + numbered(16, "l%d: v") + `, annotations: ` + numbered(16, "a%d: v") + `}`)},
		{"a label of 63 characters", with(`secret: {labels: {` + longest[:63] + `: ` + longest[:63] + `}}`)},
		{"an empty label", with(`secret: {labels: {team: ""}}`)},
		{"an annotation of 4096 characters", with(`secret: {annotations: {note: ` + strings.Repeat("v", 4096) + `}}`)},
		{"an annotation key in capitals", with(`secret: {annotations: {Reloader.Stakater.com/Match: "true"}}`)},
		{"one in a declaration as large as can be", large(named(t, strings.Repeat("é", 256)))},
	})
}

// longest is as long as the name of an object may be.
var longest = strings.Repeat("a", 253)

type admission struct{ what, spec string }

// admit declares each and reads it as the operator does: an object that the API server admits and Go can't decode would
// break the list of all of them.
func admit(t *testing.T, admissions []admission) {
	namespace := newNamespace(t)
	for i, a := range admissions {
		t.Run(a.what, func(t *testing.T) {
			admitted, err := declare(t, namespace, fmt.Sprintf("tommy-%d", i), a.spec)
			if err != nil {
				t.Fatal(err)
			}
			var typed v1alpha1.ClientCapability
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(admitted.Object, &typed); err != nil {
				t.Errorf("the operator can't read it: %v", err)
			}
			if ttl := typed.Spec.TTL.Value(); ttl < 5*time.Second || ttl > 24*time.Hour {
				t.Errorf("the operator reads ttl %q as %s", typed.Spec.TTL, ttl)
			}
			if before := typed.Spec.RenewBefore; before != "" && before.Value() <= 0 {
				t.Errorf("the operator reads renewBefore %q as %s", before, before.Value())
			}
		})
	}
}

// large is a declaration with everything that it may have, each as long as it may be: what the rules cost is limited
// when they run, too.
func large(named string) string {
	entries := func(valueLength int) string {
		return numbered(16, longest+"/"+longest[:60]+"%02d: "+strings.Repeat("v", valueLength))
	}
	return strings.TrimSuffix(named, "}") + `, ttl: 24h, renewBefore: 21h35m59s,
	  outgoing: {applicationSID: AP0123456789abcdef0123456789abcdef, params: ` + numbered(32, "p%02d: "+strings.Repeat("v", 22)) + `},
	  secret: {name: ` + longest + `, key: ` + longest + `, deletionPolicy: Retain, labels: ` + entries(63) + `, annotations: ` + entries(4096) + `}}`
}
