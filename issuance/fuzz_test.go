package issuance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// Whatever somebody puts into the Secret or the declaration, the decision is one
// of three, it is complete, it trusts no signature but the account's, and it
// shows nobody the credentials.
func FuzzDecide(f *testing.F) {
	f.Add("", "", "1h", "", "tommy", tableKey, int64(0), true, false)
	f.Add("a.b.c", "2026-01-02T03:04:05Z", "5s", "4s", "", "short", int64(90), true, true)
	f.Add("eyJhbGciOiJub25lIn0.e30.", "x", "24h", "1s", "a b", tableOldKey, int64(-1), false, false)
	f.Fuzz(func(t *testing.T, token, answered, ttl, renewBefore, client, key string, offset int64, ours, suspend bool) {
		facts := inDate(t)
		if token == "" {
			token = facts.Secret.Token
		}
		facts.Secret = &issuance.Secret{Ours: ours, Token: token, AnsweredRenewRequest: answered}
		facts.Account.AuthToken.Value = key
		facts.Now = tableNow.Add(time.Duration(offset) * time.Second)
		spec := &facts.Capability.Spec
		spec.TTL, spec.RenewBefore = v1alpha1.Duration(ttl), v1alpha1.Duration(renewBefore)
		spec.ClientName, spec.Suspend = client, suspend
		v := issuance.Decide(facts)
		switch v.Action {
		case issuance.Keep:
			if v.Held == nil || v.RenewAt.IsZero() {
				t.Fatal("kept without a token or a time")
			}
			if _, err := capability.Verify(token, key, facts.Now); err != nil {
				t.Fatalf("kept what does not verify: %v", err)
			}
		case issuance.Mint:
			if v.Cause == "" {
				t.Fatal("minted for no cause")
			}
		case issuance.Refuse:
			if v.Fault == nil || v.Fault.Reason == "" || v.Fault.Message == "" {
				t.Fatal("refused without a reason")
			}
		default:
			t.Fatalf("an action of its own: %q", v.Action)
		}
		if v.Fault != nil && len(key) >= 16 && strings.Contains(v.Fault.Message, key) {
			t.Fatal("the message holds the credential")
		}
	})
}
