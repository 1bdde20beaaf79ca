package issuance_test

import (
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// lent has tommy use a ClusterAccount that every namespace may use without limits;
// its Secret holds what the account's did before.
func lent(_ *testing.T, f *issuance.Facts) {
	f.Capability.Spec.AccountRef = v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: "production"}
	f.Account.APIKey.Key, f.Account.APISecret.Key = v1alpha1.DefaultAPIKeyKey, v1alpha1.DefaultAPISecretKey
	f.Account.Region.Key = v1alpha1.DefaultRegionKey
	f.Account.Terms = &issuance.Terms{Allowed: &v1alpha1.AllowedNamespaces{All: new(true)}}
}

// allows says whose ClientCapabilities may use the ClusterAccount, and which
// labels the namespace of tommy has.
func allows(allowed *v1alpha1.AllowedNamespaces, has map[string]string) change {
	return func(_ *testing.T, f *issuance.Facts) {
		f.Account.Terms.Allowed, f.Account.Terms.NamespaceLabels = allowed, has
	}
}

func limited(limits *v1alpha1.Limits) change {
	return func(_ *testing.T, f *issuance.Facts) { f.Account.Terms.Limits = limits }
}

func off(_ *testing.T, f *issuance.Facts) { f.Account = issuance.Account{Off: true} }

func noClusterAccount(_ *testing.T, f *issuance.Facts) { f.Account = issuance.Account{} }

// ruling is what must come of facts, to the letter.
type ruling struct {
	reason   string // empty where the token is kept
	message  string
	waiting  bool // it may end by itself
	withheld bool // a living token does not count
}

// checkRuling decides about tommy with his token in the Secret, and about one who
// never had a token: the fault is the same, and nothing is minted for either.
func checkRuling(t *testing.T, want ruling, changes ...change) {
	t.Helper()
	for what, more := range map[string]change{"with a token": func(*testing.T, *issuance.Facts) {}, "without one": neverIssued} {
		f := healthy(t, append(changes, more)...)
		v := issuance.Decide(f)
		checkForm(t, f, v)
		if want.reason == "" {
			if v.Action == issuance.Refuse {
				t.Errorf("%s: refused for %s: %s", what, v.Fault.Reason, v.Fault.Message)
			}
			continue
		}
		if v.Action != issuance.Refuse {
			t.Errorf("%s: came to %s", what, outcomeOf(v))
			continue
		}
		got := ruling{v.Fault.Reason, v.Fault.Message, v.Fault.Waiting, v.Fault.Withheld}
		if got != want {
			t.Errorf("%s: it is\n%+v\nand not\n%+v", what, got, want)
		}
		if !v.Fault.Watched {
			t.Errorf("%s: no watch would tell that %s has ended", what, v.Fault.Reason)
		}
		checkDiscretion(t, f, v.Fault)
		checkTenantsDiscretion(t, f, v.Fault)
	}
}

// checkTenantsDiscretion checks that a tenant is told nothing that is another's: no
// name of a client, nor where the account's Secret is and what its keys are called.
func checkTenantsDiscretion(t *testing.T, f issuance.Facts, fault *issuance.Fault) {
	t.Helper()
	told := strings.ReplaceAll(fault.Message, f.Capability.Namespace+"_", "") // which names begin with, in the tenant's own namespace
	for _, private := range []string{
		f.Capability.Spec.ClientName, f.Account.SID.Key, f.Account.AuthToken.Key, f.Account.APIKey.Key, f.Account.APISecret.Key,
	} {
		if private != "" && strings.Contains(told, private) {
			t.Errorf("%q holds %q", fault.Message, private)
		}
	}
	if f.Account.Terms == nil || f.Account.Terms.Limits == nil {
		return
	}
	for _, application := range f.Account.Terms.Limits.ApplicationSIDs {
		if strings.Contains(fault.Message, string(application)) {
			t.Errorf("%q tells an application that is another's", fault.Message)
		}
	}
	if pattern := f.Account.Terms.Limits.ClientNamePattern; pattern != "" && strings.Contains(fault.Message, pattern) {
		t.Errorf("%q holds the pattern", fault.Message)
	}
}
