package issuance_test

import (
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// inOrder has one change for each check, in the order in which the checks speak.
// Each leaves as much as it can to those that come after it.
var inOrder = []struct {
	change change
	want   outcome
}{
	{suspended, v1alpha1.ReasonSuspended},
	{declares(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "a b" }), v1alpha1.ReasonDeclarationInvalid},
	{notOurs, v1alpha1.ReasonSecretNotOwned},
	{noAccount, v1alpha1.ReasonAccountNotFound},
	{noSecretAndLabel, v1alpha1.ReasonMetadataNotAllowed},
	{noSecret, outcome(issuance.CauseSecretMissing)},
	{holds(""), outcome(issuance.CauseTokenMissing)},
	{holds("hello"), outcome(issuance.CauseTokenUnreadable)},
	{wantsAccess, outcome(issuance.CauseDeclarationChanged)},
	{hasSID(otherSID), outcome(issuance.CauseAccountChanged)},
	{hasAuthToken(otherAuthToken), outcome(issuance.CauseSignatureInvalid)},
	{at(issued.Add(-time.Hour)), outcome(issuance.CauseIssuedInFuture)},
	{lives("2h", ""), outcome(issuance.CauseDeclarationChanged)},
	{at(issued.Add(time.Hour)), outcome(issuance.CauseTokenExpired)},
	{requests("2026-03-14T11:00:00Z"), outcome(issuance.CauseRenewRequested)},
	{at(issued.Add(45 * time.Minute)), outcome(issuance.CauseRenewal)},
}

func noSecretAndLabel(t *testing.T, f *issuance.Facts) {
	t.Helper()
	noSecret(t, f)
	labels("argocd.argoproj.io/instance")(t, f)
}

func TestOfTwoChecksTheEarlierDecides(t *testing.T) {
	for i, earlier := range inOrder {
		for _, later := range inOrder[i+1:] {
			t.Run(string(earlier.want)+" before "+string(later.want), func(t *testing.T) {
				// The earlier change is made last, so that it is there for sure.
				f := healthy(t, both(later.change, earlier.change))
				v := issuance.Decide(f)
				if got := outcomeOf(v); got != earlier.want {
					t.Errorf("came to %s", got)
				}
				checkForm(t, f, v)
			})
		}
	}
}

// both makes two changes, of which the first may need a Secret that the second
// one takes away or replaces.
func both(first, second change) change {
	return func(t *testing.T, f *issuance.Facts) {
		t.Helper()
		first(t, f)
		if f.Secret == nil {
			kept := issuance.Secret{Ours: true}
			f.Secret = &kept
			second(t, f)
			if f.Secret == &kept && kept == (issuance.Secret{Ours: true}) {
				f.Secret = nil
			}
			return
		}
		second(t, f)
	}
}

func TestEveryKindOfMintIsRefusedWhereTheSecretIsImmutable(t *testing.T) {
	for _, test := range inOrder {
		f := healthy(t, test.change)
		if v := issuance.Decide(f); v.Action != issuance.Mint || f.Secret == nil {
			continue
		}
		f.Secret.Immutable = true
		if got := outcomeOf(issuance.Decide(f)); got != v1alpha1.ReasonSecretImmutable {
			t.Errorf("%s: came to %s", test.want, got)
		}
	}
}

func TestAnImmutableSecretIsSaidBeforeAClockThatIsBehind(t *testing.T) {
	f := healthy(t, immutable, holds("hello"), serverAt(noon.AddDate(1, 0, 0)))
	if got := outcomeOf(issuance.Decide(f)); got != v1alpha1.ReasonSecretImmutable {
		t.Errorf("came to %s", got)
	}
}

func TestALabelThatIsNotAllowedIsToldBesideAVerdictButNotInsteadOfAFault(t *testing.T) {
	for _, test := range []struct {
		name    string
		changes []change
		want    outcome
		fault   string
	}{
		{"kept", nil, keep, v1alpha1.ReasonMetadataNotAllowed},
		{"renewed", []change{at(issued.Add(45 * time.Minute))}, outcome(issuance.CauseRenewal), v1alpha1.ReasonMetadataNotAllowed},
		{"minted for a cause", []change{holds("")}, outcome(issuance.CauseTokenMissing), v1alpha1.ReasonMetadataNotAllowed},
		{"refused for the account", []change{noAccount}, v1alpha1.ReasonAccountNotFound, v1alpha1.ReasonAccountNotFound},
		{"suspended", []change{suspended}, v1alpha1.ReasonSuspended, v1alpha1.ReasonSuspended},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := issuance.Decide(healthy(t, append(test.changes, labels("argocd.argoproj.io/instance"))...))
			if got := outcomeOf(v); got != test.want {
				t.Errorf("came to %s, not to %s", got, test.want)
			}
			if v.Fault == nil || v.Fault.Reason != test.fault {
				t.Errorf("fault %+v, not %s", v.Fault, test.fault)
			}
		})
	}
}
