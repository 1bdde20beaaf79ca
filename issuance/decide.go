package issuance

import (
	"errors"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

var errNoToken = errors.New("the Secret holds no token of this capability")

// subject is what the checks look at: the facts, and what follows from them
// once and is asked for by several checks.
type subject struct {
	Facts
	// wanted is what the declaration says a token must say.
	wanted capability.Token
	// held is the token in the Secret as far as it can be read; heldErr is why
	// it can't be.
	held    capability.Token
	heldErr error
	// signed is true where the account's present credentials signed it. It is
	// verified as of its issue: whether it has expired since is another check's
	// question.
	signed bool
	// account is the fault of an account that can't sign.
	account *Fault
	// request is the renew request, normalised; empty without one.
	request string
	// metadata is the fault of labels and annotations that are not allowed. It
	// keeps a first token from being issued, but lets no living one expire.
	metadata *Fault
}

// check looks at one thing. It returns nil where it has nothing to say.
type check func(*subject) *Verdict

// checks in the order in which they speak: the user's word first, then what
// makes a token impossible, then what makes the present one wrong, then time.
var checks = []check{
	suspended,
	declarationInvalid,
	secretNotOwned,
	accountUnusable,
	metadataRefusedAtFirst,
	secretMissing,
	tokenMissing,
	tokenUnreadable,
	typeChanged,
	accountChanged,
	signatureInvalid,
	issuedInFuture,
	declarationChanged,
	tokenExpired,
	renewRequested,
	renewalDue,
}

// Decide comes to a verdict on the facts: the first check that has something
// to say decides, and where none has, the token is kept until its renewal. With
// tokens on demand there is none to look at.
func Decide(f Facts) Verdict {
	if f.Capability.IsOnDemand() {
		return decideOnDemand(f)
	}
	s := newSubject(f)
	verdict := Verdict{Action: Keep}
	for _, check := range checks {
		if v := check(s); v != nil {
			verdict = *v
			break
		}
	}
	if verdict.Action == Mint {
		if fault := s.unwritable(); fault != nil {
			verdict = *refuse(fault)
		}
	}
	if verdict.Fault == nil {
		verdict.Fault = s.metadata
	}
	verdict.RenewRequest = s.request
	if s.holdsWanted() {
		verdict.Held = &s.held
		verdict.RenewAt = RenewAt(s.Capability, s.held)
	}
	return verdict
}

func newSubject(f Facts) *subject {
	s := &subject{
		Facts:    f,
		wanted:   Wanted(f.Capability, f.Account, f.Now),
		account:  accountFault(f),
		metadata: metadataFault(f.Capability.Spec.Secret, f.AllowedPrefixes),
		heldErr:  errNoToken,
	}
	s.request, _ = RenewRequest(f.Capability)
	if f.Secret == nil || !f.Secret.Ours || f.Secret.Token == "" {
		return s
	}
	var signed bool
	s.held, signed, s.heldErr = capability.ParseSigned(f.Secret.Token, SigningKey(f.Capability, f.Account))
	s.signed = signed && s.account == nil && s.held.Type == s.wanted.Type && s.held.KeySID == s.wanted.KeySID
	return s
}

// values are the declared ones as the token library takes them.
func values(declared map[string]v1alpha1.ParamValue) map[string]string {
	if len(declared) == 0 {
		return nil
	}
	plain := make(map[string]string, len(declared))
	for name, value := range declared {
		plain[name] = string(value)
	}
	return plain
}

// Wanted is the token that the declaration asks for, were it issued at now.
func Wanted(c *v1alpha1.ClientCapability, account Account, now time.Time) capability.Token {
	grant := capability.Grant{ClientName: c.Spec.ClientName, Incoming: c.Spec.Incoming, PushCredentialSID: c.Spec.PushCredentialSID}
	if out := c.Spec.Outgoing; out != nil {
		grant.Outgoing = &capability.Outgoing{ApplicationSID: out.ApplicationSID, Params: values(out.Params)}
	}
	if stream := c.Spec.EventStream; stream != nil {
		grant.EventStream = &capability.EventStream{Filters: values(stream.Filters)}
	}
	issued := now.Truncate(time.Second).UTC()
	token := capability.Token{
		AccountSID: account.SID.Value,
		Grant:      grant,
		IssuedAt:   issued,
		ExpiresAt:  issued.Add(capability.Lifetime(c.Spec.TTL.Value())),
	}
	if token.Type = tokenType(c); token.Type == capability.TypeAccess {
		token.KeySID, token.Region = account.APIKey.Value, account.Region.Value
	}
	return token
}

// SigningKey is what the account signs the capability's type of token with.
func SigningKey(c *v1alpha1.ClientCapability, account Account) string {
	if c.TokenType() == v1alpha1.TokenTypeAccess {
		return account.APISecret.Value
	}
	return account.AuthToken.Value
}

// unwritable is what keeps a new token out of the Secret, or makes it worthless.
func (s *subject) unwritable() *Fault {
	switch {
	case s.Secret != nil && s.Secret.Immutable:
		return SecretImmutable(s.Capability.SecretName())
	case !s.wanted.ExpiresAt.After(s.ServerTime):
		return clockBehind()
	}
	return nil
}

// holdsWanted reports whether the Secret's token says what the declaration
// asks for. Without a usable account there is no signature to check; the
// token's claims then speak for it, and no renewal can.
func (s *subject) holdsWanted() bool {
	if s.heldErr != nil || !s.saysWanted() || s.held.IssuedAt.After(s.Now) {
		return false
	}
	return s.account != nil || s.signed && s.speaksForAccount()
}

func (s *subject) speaksForAccount() bool {
	return s.held.AccountSID == s.wanted.AccountSID && s.held.Region == s.wanted.Region
}

func (s *subject) saysWanted() bool {
	return s.held.Type == s.wanted.Type && s.held.Grant.Equal(s.wanted.Grant) &&
		s.held.ExpiresAt.Sub(s.held.IssuedAt) == s.wanted.ExpiresAt.Sub(s.wanted.IssuedAt)
}

func mint(cause Cause) *Verdict    { return &Verdict{Action: Mint, Cause: cause} }
func refuse(fault *Fault) *Verdict { return &Verdict{Action: Refuse, Fault: fault} }
