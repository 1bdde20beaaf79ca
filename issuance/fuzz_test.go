package issuance_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// reasons are all that a refusal can give.
var reasons = map[string]bool{
	v1alpha1.ReasonSuspended: true, v1alpha1.ReasonDeclarationInvalid: true, v1alpha1.ReasonSecretNotOwned: true,
	v1alpha1.ReasonAccountNotFound: true, v1alpha1.ReasonAccountKeyMissing: true, v1alpha1.ReasonAccountMalformed: true,
	v1alpha1.ReasonRegionNotSupported: true,
	v1alpha1.ReasonMetadataNotAllowed: true, v1alpha1.ReasonSecretImmutable: true, v1alpha1.ReasonClockSkewed: true,
}

// What a bit of the fuzzer's flags stands for.
const (
	isFound = 1 << iota
	isOurs
	isThere
	isImmutable
	isSuspended
	isIncoming
	isOutgoing
	isIssuedBefore
	isSignedHere  // the token's text is claims, which are to be signed with the account's AuthToken
	isMintedHere  // the token is the one that is wanted, issued at another time
	isServerAhead // the API server's clock is
	isAccess      // the token's type; the account's values serve for both
	isRegional    // the account is of a region of its own
	isStreaming   // events are wanted
	isOnDemand    // no Secret is
)

// arbitrary are the fuzzer's arguments.
type arbitrary struct {
	token, answered, request      string
	ttl, renewBefore              string
	client, application, param    string
	sid, authToken, label, prefix string
	flags                         uint16
	now, shift                    int32 // seconds from noon, and from there
	nanoseconds                   uint32
}

// Whatever stands in the Secret, in the declaration and in the account: the
// decision is one of four and it is whole, it is the same the next time, no
// token is kept that the account's AuthToken did not sign, what is minted is then
// kept, and no fault shows a byte of the credentials.
func FuzzDecide(f *testing.F) {
	add := func(a arbitrary) {
		f.Add(a.token, a.answered, a.request, a.ttl, a.renewBefore, a.client, a.application, a.param,
			a.sid, a.authToken, a.label, a.prefix, a.flags, a.now, a.shift, a.nanoseconds)
	}
	for _, seed := range fuzzSeeds() {
		add(seed)
	}
	f.Fuzz(func(t *testing.T, token, answered, request, ttl, renewBefore, client, application, param,
		sid, authToken, label, prefix string, flags uint16, now, shift int32, nanoseconds uint32,
	) {
		checkDecision(t, arbitrary{
			token, answered, request, ttl, renewBefore, client, application, param,
			sid, authToken, label, prefix, flags, now, shift, nanoseconds,
		}.facts())
	})
}

func fuzzSeeds() []arbitrary {
	good := arbitrary{
		ttl: "1h", client: "tommy", application: applicationSID, sid: accountSID, authToken: authToken,
		label: "team", prefix: "reloader.stakater.com/",
		flags: isFound | isOurs | isThere | isIncoming | isMintedHere, shift: -600,
	}
	seeds := []arbitrary{{}, good}
	for _, vary := range []func(*arbitrary){
		func(a *arbitrary) { a.shift = -2400 },
		func(a *arbitrary) { a.shift = -3600 },
		func(a *arbitrary) { a.shift = 1 },
		func(a *arbitrary) { a.ttl, a.renewBefore = "24h", "23h59m59s" },
		func(a *arbitrary) { a.ttl, a.renewBefore, a.nanoseconds = "5s", "4s", 999_999_999 },
		func(a *arbitrary) { a.ttl = "1d" },
		func(a *arbitrary) { a.request, a.answered = "2026-03-14T11:00:00+01:00", "2026-03-14T10:00:00Z" },
		func(a *arbitrary) { a.request = "9999-12-31T23:59:59-01:00" },
		func(a *arbitrary) { a.flags |= isImmutable | isOutgoing },
		func(a *arbitrary) { a.flags |= isServerAhead; a.shift = -3600 },
		func(a *arbitrary) { a.flags &^= isFound },
		func(a *arbitrary) { a.flags &^= isThere },
		func(a *arbitrary) { a.flags &^= isOurs },
		func(a *arbitrary) { a.flags |= isSuspended },
		func(a *arbitrary) { a.flags |= isAccess | isOutgoing },
		func(a *arbitrary) { a.flags |= isAccess | isRegional },
		func(a *arbitrary) { a.flags |= isRegional },
		func(a *arbitrary) { a.flags |= isStreaming },
		func(a *arbitrary) { a.flags |= isOnDemand },
		func(a *arbitrary) { a.flags |= isOnDemand | isSuspended },
		func(a *arbitrary) {
			a.flags = a.flags&^isMintedHere | isAccess
			a.token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eSI6InR3aWxpby1mcGE7dj0xIn0.e30."
		},
		func(a *arbitrary) { a.authToken = "too short" },
		func(a *arbitrary) { a.sid = "AC" },
		func(a *arbitrary) { a.label = "argocd.argoproj.io/instance" },
		func(a *arbitrary) {
			a.flags = a.flags&^isMintedHere | isSignedHere
			a.token = `{"iss":"` + accountSID + `","scope":"scope:client:incoming?clientName=tommy","iat":1773489000,"exp":1773492600}`
		},
		func(a *arbitrary) { a.flags &^= isMintedHere; a.token = "eyJhbGciOiJub25lIn0.e30." },
	} {
		seed := good
		vary(&seed)
		seeds = append(seeds, seed)
	}
	return seeds
}

func (a arbitrary) facts() issuance.Facts {
	is := func(flag uint16) bool { return a.flags&flag != 0 }
	c := &v1alpha1.ClientCapability{}
	c.Name, c.Namespace, c.UID = "tommy", "support", "8a1a4d2c-0c8e-4f0e-9d53-0a6f3a1f7c55"
	c.Annotations = map[string]string{v1alpha1.RenewRequestedAtAnnotation: a.request}
	c.Spec = v1alpha1.ClientCapabilitySpec{
		AccountRef: v1alpha1.AccountReference{Name: "twilio"},
		ClientName: a.client, Incoming: is(isIncoming), Suspend: is(isSuspended),
		TTL: v1alpha1.Duration(a.ttl), RenewBefore: v1alpha1.Duration(a.renewBefore),
		Secret: &v1alpha1.SecretTarget{Labels: map[string]v1alpha1.LabelValue{a.label: ""}},
	}
	if is(isOutgoing) {
		c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: a.application, Params: map[string]v1alpha1.ParamValue{"a": v1alpha1.ParamValue(a.param)}}
	}
	if is(isAccess) {
		c.Spec.TokenType = v1alpha1.TokenTypeAccess
	}
	if is(isStreaming) {
		c.Spec.EventStream = &v1alpha1.EventStream{Filters: map[string]v1alpha1.ParamValue{"a": v1alpha1.ParamValue(a.param)}}
	}
	if is(isOnDemand) {
		c.Spec.Delivery = v1alpha1.DeliveryOnDemand
	}
	if is(isIssuedBefore) {
		c.Status.SecretName = "tommy"
	}
	facts := issuance.Facts{
		Capability: c,
		Account: issuance.Account{
			Found:     is(isFound),
			SID:       issuance.Credential{Key: v1alpha1.DefaultAccountSIDKey, Value: a.sid},
			AuthToken: issuance.Credential{Key: v1alpha1.DefaultAuthTokenKey, Value: a.authToken},
			APIKey:    issuance.Credential{Key: v1alpha1.DefaultAPIKeyKey, Value: strings.Replace(a.sid, "AC", "SK", 1)},
			APISecret: issuance.Credential{Key: v1alpha1.DefaultAPISecretKey, Value: a.authToken},
			Region:    issuance.Credential{Key: v1alpha1.DefaultRegionKey},
		},
		AllowedPrefixes: []string{a.prefix},
		Now:             noon.Add(time.Duration(a.now)*time.Second + time.Duration(a.nanoseconds%1e9)),
	}
	if is(isRegional) {
		facts.Account.Region.Value = "ie1"
	}
	if is(isServerAhead) {
		facts.ServerTime = facts.Now.Add(time.Duration(-a.shift) * time.Second)
	}
	if is(isThere) {
		facts.Secret = &issuance.Secret{Ours: is(isOurs), Immutable: is(isImmutable), Token: a.held(facts), AnsweredRenewRequest: a.answered}
	}
	return facts
}

// held is the token in the Secret: some text, or a signed one.
func (a arbitrary) held(f issuance.Facts) string {
	switch {
	case a.flags&isMintedHere != 0:
		raw, err := capability.Mint(issuance.Wanted(f.Capability, f.Account, f.Now.Add(time.Duration(a.shift)*time.Second)), issuance.SigningKey(f.Capability, f.Account))
		if err == nil {
			return raw
		}
	case a.flags&isSignedHere != 0:
		encode := base64.RawURLEncoding.EncodeToString
		text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(a.token))
		return text + "." + encode(signature(text, a.authToken))
	}
	return a.token
}

func signature(text, key string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func checkDecision(t *testing.T, f issuance.Facts) {
	t.Helper()
	before := f.Capability.DeepCopy()
	v := issuance.Decide(f)
	checkForm(t, f, v)
	if again := issuance.Decide(f); !reflect.DeepEqual(v, again) {
		t.Errorf("decided twice, differently: %+v and %+v", v, again)
	}
	if !reflect.DeepEqual(before, f.Capability) {
		t.Error("the declaration has changed")
	}
	switch v.Action {
	case issuance.Keep:
		checkSigned(t, f)
	case issuance.Mint:
		checkMint(t, f, v)
	case issuance.Refuse:
		if !reasons[v.Fault.Reason] {
			t.Errorf("the reason %q is none of the vocabulary", v.Fault.Reason)
		}
	}
	if v.Fault != nil {
		checkSilence(t, f, v)
	}
}

// checkSigned verifies the signature by itself, without the library.
func checkSigned(t *testing.T, f issuance.Facts) {
	t.Helper()
	cut := strings.LastIndexByte(f.Secret.Token, '.')
	want := base64.RawURLEncoding.EncodeToString(signature(f.Secret.Token[:cut], issuance.SigningKey(f.Capability, f.Account)))
	if f.Secret.Token[cut+1:] != want || !f.Account.Found || !f.Secret.Ours {
		t.Errorf("kept a token that the account did not sign: %q", f.Secret.Token)
	}
}

// checkMint has the token minted and decides on it at once: it must be kept.
func checkMint(t *testing.T, f issuance.Facts, v issuance.Verdict) {
	t.Helper()
	raw, err := capability.Mint(issuance.Wanted(f.Capability, f.Account, f.Now), issuance.SigningKey(f.Capability, f.Account))
	if err != nil {
		t.Fatalf("decided to mint what can't be minted: %v", err)
	}
	f.Secret = &issuance.Secret{Ours: true, Token: raw, AnsweredRenewRequest: v.RenewRequest}
	if next := issuance.Decide(f); next.Action != issuance.Keep {
		t.Errorf("minted (%s), and then %s", v.Cause, outcomeOf(next))
	}
}

// checkSilence puts other credentials in the place of those that were given. The
// message must stay the same, and so can't have anything of them.
func checkSilence(t *testing.T, f issuance.Facts, v issuance.Verdict) {
	t.Helper()
	f.Account.AuthToken.Value = alike(f.Account.AuthToken.Value)
	f.Account.APISecret.Value = alike(f.Account.APISecret.Value)
	if sid := alike(f.Account.SID.Value); capability.ValidateAccountSID(f.Account.SID.Value) != nil && capability.ValidateAccountSID(sid) != nil {
		f.Account.SID.Value = sid // else another check would speak
	}
	if f.Secret != nil {
		other := *f.Secret
		other.Token = alike(other.Token)
		f.Secret = &other
	}
	other := issuance.Decide(f)
	if other.Fault != nil && other.Fault.Reason == v.Fault.Reason && other.Fault.Message != v.Fault.Message {
		t.Errorf("the message depends on the credentials: %q, %q", v.Fault.Message, other.Fault.Message)
	}
}
