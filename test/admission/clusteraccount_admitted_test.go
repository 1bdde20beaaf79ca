package admission_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

func TestAClusterAccountIsAdmittedWhenIt(t *testing.T) {
	const sid = "AP0123456789abcdef0123456789abcdef"
	admitAccounts(t, []admission{
		{"is one that nobody may use yet", `{secretRef: {namespace: voice-platform, name: twilio}}`},
		{"has a Secret of the longest names", `{secretRef: {namespace: ` + longest[:63] + `, name: ` + longest + `}}`},
		{"names the Secret's keys", `{secretRef: {namespace: voice-platform, name: twilio, keys: {accountSID: sid, authToken: auth, apiKey: key, apiSecret: secret, region: .region}}}`},
		{"allows namespaces by name", allowing(`names: [support, sales-eu, "7"]`)},
		{"allows no namespace by an empty list", allowing(`names: []`)},
		{"allows 256 namespaces", allowing(`names: ` + listed(256, "n%d"))},
		{"allows all namespaces", allowing(`all: true`)},
		{"allows nothing by null", lending(`allowedNamespaces: null`)},
		{"allows namespaces by label", allowing(`selector: {matchLabels: {team: support, example.com/tier: ""}}`)},
		{"allows namespaces by the longest label", allowing(`selector: {matchLabels: {` + longest + `/` + longest[:63] + `: ` + longest[:63] + `}}`)},
		{"allows namespaces by expressions", allowing(`selector: {matchExpressions: [{key: team, operator: In, values: [support]}, ` +
			`{key: team, operator: NotIn, values: [""]}, {key: voice, operator: Exists}, {key: frozen, operator: DoesNotExist}]}`)},
		{"allows namespaces by an expression with an empty list", allowing(`selector: {matchExpressions: [{key: voice, operator: Exists, values: []}]}`)},
		{"limits nothing", limited(``)},
		{"limits lives to one length", limited(`minTTL: 1h, maxTTL: 60m`)},
		{"limits lives to the utmost", limited(`minTTL: 5s, maxTTL: 24h`)},
		{"limits the longest life alone", limited(`maxTTL: 5s`)},
		{"limits everything to nothing", limited(`applicationSIDs: [], capabilities: [], tokenTypes: []`)},
		{"limits everything to all there is", limited(`capabilities: [Incoming, Outgoing, EventStream], tokenTypes: [Access, Capability]`)},
		{"limits applications", limited(`applicationSIDs: [` + sid + `, AP` + sid[2:31] + `ABC]`)},
		{"has Twilio asked as often as can be", lending(`verify: {interval: 5m}`)},
		{"has Twilio asked as seldom as can be", lending(`verify: {interval: 168h}`)},
		{"is as large as can be", `{secretRef: {namespace: ` + longest[:63] + `, name: ` + longest + `}, allowedNamespaces: {names: ` + listed(256, longest[:60]+"%03d") +
			`}, limits: {applicationSIDs: ` + listed(256, "AP%032d") + `, clientNamePattern: '` + longest + `'}}`},
		{"selects as much as can be", allowing(`selector: {matchLabels: ` + numbered(16, longest+"/"+longest[:60]+"%03d: "+longest[:63]) +
			`, matchExpressions: ` + listed(16, `{key: `+longest+`/`+longest[:60]+`%03d, operator: In, values: `+listed(64, longest[:60]+"%03d")+`}`) + `}`)},
	})
}

// What admission lets through here, the operator can work with: it looks at patterns more closely.
func TestClientNamePatternsAreAdmittedSuchAs(t *testing.T) {
	matching := func(pattern string) string { return limited(`clientNamePattern: '` + pattern + `'`) }
	admitAccounts(t, []admission{
		{"one name", matching(`tommy`)},
		{"some names", matching(`tommy|anna`)},
		{"any name", matching(`.*`)},
		{"256 characters", matching(longest + `abc`)},
		{"names that begin with the namespace", matching(`$(namespace)_[a-z0-9]+`)},
		{"names that end with it", matching(`[a-z0-9]+_$(namespace)`)},
		{"names that have it twice", matching(`$(namespace)_[a-z]+_$(namespace)`)},
		{"names with a dot after it", matching(`$(namespace)\.[a-z]+`)},
		{"names with a plus before it", matching(`[a-z]+\+$(namespace)`)},
		{"names that may be anything after it", matching(`$(namespace)@.*`)},
		{"names that are it and a separator", matching(`$(namespace)_`)},
	})
}

func admitAccounts(t *testing.T, admissions []admission) {
	for _, a := range admissions {
		t.Run(a.what, func(t *testing.T) {
			admitted := mustLend(t, a.spec)
			var typed v1alpha1.ClusterAccount
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(admitted.Object, &typed); err != nil {
				t.Fatalf("the operator can't read it: %v", err)
			}
			if fault := issuance.ClusterAccountFault(typed.Spec, issuance.Account{}); fault == nil || fault.Reason != v1alpha1.ReasonAccountNotFound {
				t.Errorf("the operator finds more amiss than that there is no Secret: %+v", fault)
			}
			for _, ttl := range ttls(typed.Spec.Limits) {
				if ttl.Value() < 5*time.Second || ttl.Value() > 24*time.Hour {
					t.Errorf("the operator reads the limit %q as %s", ttl, ttl.Value())
				}
			}
		})
	}
}

func ttls(limits *v1alpha1.Limits) []v1alpha1.Duration {
	var set []v1alpha1.Duration
	if limits == nil {
		return nil
	}
	for _, ttl := range []v1alpha1.Duration{limits.MinTTL, limits.MaxTTL} {
		if ttl != "" {
			set = append(set, ttl)
		}
	}
	return set
}
