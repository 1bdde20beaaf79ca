package issuance_test

import (
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

func TestOnDemandTheVerdictTellsWhyARequestWouldBeRefused(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes []change
		reason  string
		account string
		waiting bool
	}{
		{"all is well", nil, "", accountSID, false},
		{"all is well, and nobody's name is declared", []change{nameless, permits(".*")}, "", accountSID, false},
		{"it is an Access token's", []change{access}, "", accountSID, false},
		{"a label is not allowed", []change{labels("argocd.argoproj.io/instance")}, "", accountSID, false},
		{"the Secret is another's", []change{notOurs}, "", accountSID, false},
		{"it is suspended", []change{suspended}, v1alpha1.ReasonSuspended, accountSID, false},
		{"it is suspended, and the account gone", []change{suspended, noAccount}, v1alpha1.ReasonSuspended, "", false},
		{"the account is gone", []change{noAccount}, v1alpha1.ReasonAccountNotFound, "", true},
		{"the account can't sign", []change{hasAuthToken("")}, v1alpha1.ReasonAccountKeyMissing, "", false},
		{"the clock is behind", []change{serverAt(noon.Add(time.Hour))}, v1alpha1.ReasonClockSkewed, accountSID, true},
		{"the ClusterAccount is lent", []change{lent}, "", accountSID, false},
		{"the ClusterAccount is not for this namespace", []change{lent, allows(nil, nil)}, v1alpha1.ReasonNamespaceNotAllowed, "", false},
		{"a limit is broken", []change{lent, limited(&v1alpha1.Limits{MaxTTL: "10m"})}, v1alpha1.ReasonOutsideLimits, "", false},
		{"nobody's name can be asked for", []change{nameless}, v1alpha1.ReasonDeclarationInvalid, accountSID, false},
	} {
		t.Run("when "+test.name, func(t *testing.T) {
			f := healthy(t, append(test.changes, onDemand)...)
			v := issuance.Decide(f)
			checkForm(t, f, v)
			if v.AccountSID != test.account {
				t.Errorf("the account is %q", v.AccountSID)
			}
			if v.Fault == nil {
				if test.reason != "" {
					t.Error("a request would be granted")
				}
				return
			}
			if v.Fault.Reason != test.reason || v.Fault.Waiting != test.waiting {
				t.Errorf("it is %+v", v.Fault)
			}
			checkDiscretion(t, f, v.Fault)
		})
	}
}

// What a request was refused for, the conditions tell, whichever way the
// capability's own token takes; nothing of a Secret can be the reason.
func TestWithASecretBesidesARequestIsRefusedForTheSame(t *testing.T) {
	for _, test := range decisions {
		f := healthy(t, test.changes...)
		besides := issuance.OnDemandFault(f)
		onDemand(t, &f)
		alone := issuance.OnDemandFault(f)
		if (besides == nil) != (alone == nil) || besides != nil && *besides != *alone {
			t.Errorf("%s: %+v, and on demand alone %+v", test.name, besides, alone)
		}
		v := issuance.Decide(healthy(t, test.changes...))
		if besides != nil && v.Action == issuance.Refuse && v.Fault.Reason != besides.Reason && v.Fault.Reason != v1alpha1.ReasonSecretNotOwned {
			t.Errorf("%s: %s, and into a Secret %s", test.name, besides.Reason, v.Fault.Reason)
		}
	}
}
