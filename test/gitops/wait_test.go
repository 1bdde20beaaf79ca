package gitops_test

import (
	"fmt"
	"strings"
	"testing"
)

// waited is the command of docs/gitops.md and of the pages of both kinds.
func waited(timeout string) []string {
	return []string{"wait", "--for=condition=Ready", "ccap/tommy", "-n", "support", "--timeout=" + timeout}
}

const declared = `
apiVersion: v1
kind: Namespace
metadata: {name: support}
---
apiVersion: v1
kind: Secret
metadata: {name: twilio, namespace: support, labels: {voice.capability-operator.io/account: "true"}}
stringData: {TWILIO_ACCOUNT_SID: AC0123456789abcdef0123456789abcdef, TWILIO_AUTH_TOKEN: 0123456789abcdef0123456789abcdef}
---
apiVersion: voice.capability-operator.io/v1alpha1
kind: ClientCapability
metadata: {name: tommy, namespace: support}
spec: {accountRef: {name: twilio}, clientName: tommy, incoming: true, ttl: %s}
`

func TestKubectlWaitsForWhatWasApplied(t *testing.T) {
	s := newStage(t)
	apply := func(ttl string) { s.must(t, "apply", "-f", write(t, fmt.Sprintf(declared, ttl))) }
	mustNotReturn := func() {
		t.Helper()
		if printed, err := s.kubectl(t, waited("2s")...); err == nil || !strings.Contains(printed, "timed out") {
			t.Errorf("it says, while nobody has seen what was applied: %v\n%s", err, printed)
		}
	}
	lifetime := func() string {
		return s.must(t, "get", "ccap", "tommy", "-n", "support", "-o", "jsonpath={.status.token.issuedAt} {.status.token.expiresAt}")
	}

	apply("1h")
	mustNotReturn()
	s.run(t)
	s.must(t, waited("60s")...)
	first := lifetime()

	// The status still says Ready=True, of the generation before: that must not do.
	s.stop()
	apply("2h")
	mustNotReturn()
	if lifetime() != first {
		t.Fatal("somebody has renewed the token, and no manager runs")
	}
	s.run(t)
	s.must(t, waited("60s")...)
	if lifetime() == first {
		t.Error("it returned before the change was fulfilled")
	}

	// A change that can't be fulfilled: Ready does not come, and Stalled says so at once.
	s.must(t, "patch", "ccap", "tommy", "-n", "support", "--type=merge", "-p", `{"spec":{"ttl":"3h","accountRef":{"keys":{"authToken":"NOT_THERE"}}}}`)
	s.must(t, "wait", "--for=condition=Stalled", "ccap/tommy", "-n", "support", "--timeout=60s")
	mustNotReturn()
}
