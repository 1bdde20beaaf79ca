package issuance_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

const (
	accountSID     = "AC0123456789abcdef0123456789abcdef"
	otherSID       = "ACfedcba9876543210fedcba9876543210"
	authToken      = "5f1e2d3c4b5a69788796a5b4c3d2e1f0"
	otherAuthToken = "0f1e2d3c4b5a69788796a5b4c3d2e1f5"
	applicationSID = "AP0123456789abcdef0123456789abcdef"
)

// noon is when the tests decide, unless they say otherwise; issued is when the
// token was issued that they find.
var (
	noon   = time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)
	issued = noon.Add(-10 * time.Minute)
)

// causes are all there are.
var causes = []issuance.Cause{
	issuance.CauseFirstIssue, issuance.CauseRenewal, issuance.CauseTokenExpired, issuance.CauseSecretMissing,
	issuance.CauseTokenMissing, issuance.CauseTokenUnreadable, issuance.CauseSignatureInvalid, issuance.CauseAccountChanged,
	issuance.CauseDeclarationChanged, issuance.CauseIssuedInFuture, issuance.CauseRenewRequested,
}

// change makes facts differ from those of a healthy capability.
type change func(*testing.T, *issuance.Facts)

// healthy are the facts of a capability whose Secret holds its token, ten
// minutes after the issue, changed one after the other.
func healthy(t *testing.T, changes ...change) issuance.Facts {
	t.Helper()
	f := issuance.Facts{
		Capability: tommy(),
		Account: issuance.Account{
			Found:     true,
			SID:       issuance.Credential{Key: v1alpha1.DefaultAccountSIDKey, Value: accountSID},
			AuthToken: issuance.Credential{Key: v1alpha1.DefaultAuthTokenKey, Value: authToken},
		},
		AllowedPrefixes: []string{"reloader.stakater.com/"},
		Now:             noon,
	}
	f.Secret = &issuance.Secret{Ours: true, Token: minted(t, f, issued)}
	for _, c := range changes {
		c(t, &f)
	}
	return f
}

// tommy lives for an hour and so is renewed after 40 minutes, or up to four
// minutes earlier.
func tommy() *v1alpha1.ClientCapability {
	c := &v1alpha1.ClientCapability{}
	c.Name, c.Namespace, c.UID, c.Generation = "tommy", "support", "8a1a4d2c-0c8e-4f0e-9d53-0a6f3a1f7c55", 1
	c.Spec.AccountRef.Name = "twilio"
	c.Spec.ClientName = "tommy"
	c.Spec.Incoming = true
	c.Spec.TTL = "1h"
	c.Status.SecretName = "tommy"
	c.Status.Token = &v1alpha1.TokenStatus{}
	return c
}

// minted is the token that the facts ask for, issued at another moment.
func minted(t *testing.T, f issuance.Facts, at time.Time) string {
	t.Helper()
	raw, err := capability.Mint(issuance.Wanted(f.Capability, f.Account, at), issuance.SigningKey(f.Capability, f.Account))
	if err != nil {
		t.Fatalf("Mint: %v", err)
	}
	return raw
}

func declares(edit func(*v1alpha1.ClientCapability)) change {
	return func(_ *testing.T, f *issuance.Facts) { edit(f.Capability) }
}

func finds(edit func(*issuance.Secret)) change {
	return func(_ *testing.T, f *issuance.Facts) { edit(f.Secret) }
}

// holds puts text in the token's place.
func holds(token string) change { return finds(func(s *issuance.Secret) { s.Token = token }) }

// reissued puts a token of the present facts, issued then, in the token's place.
func reissued(at time.Time) change {
	return func(t *testing.T, f *issuance.Facts) { t.Helper(); f.Secret.Token = minted(t, *f, at) }
}

func at(now time.Time) change { return func(_ *testing.T, f *issuance.Facts) { f.Now = now } }

func noSecret(_ *testing.T, f *issuance.Facts) { f.Secret = nil }

func neverIssued(_ *testing.T, f *issuance.Facts) {
	f.Secret = nil
	f.Capability.Status = v1alpha1.ClientCapabilityStatus{ObservedGeneration: -1}
}

func noAccount(_ *testing.T, f *issuance.Facts) {
	f.Account.Found = false
	f.Account.SID.Value, f.Account.AuthToken.Value = "", ""
}

func hasSID(value string) change {
	return func(_ *testing.T, f *issuance.Facts) { f.Account.SID.Value = value }
}

func hasAuthToken(value string) change {
	return func(_ *testing.T, f *issuance.Facts) { f.Account.AuthToken.Value = value }
}

func suspended(_ *testing.T, f *issuance.Facts) { f.Capability.Spec.Suspend = true }

func notOurs(_ *testing.T, f *issuance.Facts) { f.Secret = &issuance.Secret{} }

func immutable(_ *testing.T, f *issuance.Facts) { f.Secret.Immutable = true }

func serverAt(now time.Time) change {
	return func(_ *testing.T, f *issuance.Facts) { f.ServerTime = now }
}

func requests(value string) change {
	return declares(func(c *v1alpha1.ClientCapability) {
		c.Annotations = map[string]string{v1alpha1.RenewRequestedAtAnnotation: value}
	})
}

func answers(value string) change {
	return finds(func(s *issuance.Secret) { s.AnsweredRenewRequest = value })
}

func lives(ttl, renewBefore v1alpha1.Duration) change {
	return declares(func(c *v1alpha1.ClientCapability) { c.Spec.TTL, c.Spec.RenewBefore = ttl, renewBefore })
}

func labels(key string) change {
	return declares(func(c *v1alpha1.ClientCapability) {
		c.Spec.Secret = &v1alpha1.SecretTarget{Labels: map[string]v1alpha1.LabelValue{key: "x"}}
	})
}

func annotates(key string) change {
	return declares(func(c *v1alpha1.ClientCapability) {
		c.Spec.Secret = &v1alpha1.SecretTarget{Annotations: map[string]v1alpha1.AnnotationValue{key: "x"}}
	})
}

// scheduled is no more than what a schedule goes by.
func scheduled(ttl, renewBefore v1alpha1.Duration, uid types.UID) *v1alpha1.ClientCapability {
	c := &v1alpha1.ClientCapability{}
	c.UID, c.Spec.TTL, c.Spec.RenewBefore = uid, ttl, renewBefore
	return c
}
