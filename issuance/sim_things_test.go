package issuance_test

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// What is in the world. The API server and the manager's cache hold snapshots,
// which nobody changes once they are made: a change is another snapshot.

// credentials are one state of an account's Secret.
type credentials struct {
	version int
	facts   issuance.Account
	usable  bool
}

// account is what several objects refer to.
type account struct {
	truth, seen credentials
	// good are the credentials that the account has whenever it is usable.
	good    issuance.Account
	trouble bool // somebody is at it: one trouble at a time
}

// meaning is what a token must say, in a form that can be compared.
type meaning struct {
	lifetime                time.Duration
	client, application, is string
	incoming                bool
}

// declaration is one state of a ClientCapability.
type declaration struct {
	version int
	object  *v1alpha1.ClientCapability
	meaning meaning
	// request is the renew request, written as the operator answers it.
	request string
	valid   bool
	// foreignLabel is true where a label has a prefix that is not allowed.
	foreignLabel bool
}

// token is what the simulation knows of a token that it saw being made. For
// text that is no token of this object it has nil.
type token struct {
	says            meaning
	signer          issuance.Account
	issued, expires time.Time
}

// secret is one state of what stands under an object's wanted name.
type secret struct {
	version int
	gone    bool
	foreign bool
	facts   issuance.Secret
	key     string
	token   *token
	// edits counts how often others changed the token, up to here.
	edits int
	// labels counts changes that leave the token alone.
	labels int
	// byManager is true where the manager wrote this state.
	byManager bool
}

// digest is what tells an event of the manager's own write from others.
func (s *secret) digest() string {
	return digest(s.facts.Token, s.facts.AnsweredRenewRequest, s.labels)
}

func digest(token, answered string, labels int) string {
	return fmt.Sprintf("%s|%s|%d", token, answered, labels)
}

// object is one ClientCapability with its Secret, in the API server and in the
// manager's cache, and what the manager remembers of it.
type object struct {
	account *account
	born    time.Duration

	truthDecl, seenDecl     *declaration
	truthSecret, seenSecret *secret
	// taken stands in the object's status: another's Secret has the name.
	taken bool

	// The manager's queue: one wake-up at most is pending.
	timer           uint64
	asleep          bool
	wakesAt         time.Duration
	inFlight, dirty bool
	// slept is when the manager last put the object to sleep.
	slept time.Duration
	// failing is when the failing for a reason began. pending is the digest of the
	// last write until its event comes, and kept is that digest for good; wrote is
	// the version that the last write got, and expires what it said. stale counts
	// passes in a row that came too early.
	failing       time.Time
	failingFor    string
	expires       time.Time
	wrote         int
	pending, kept string
	stale         int

	// hung is true while a call of this object's gets no answer.
	hung    bool
	trouble bool // a user is at it: one trouble at a time
	// earlier is a state of the Secret that a user kept, to put it back.
	earlier *secret

	judged
	// trail is what happened last, where the environment asks for it.
	trail []string
}

const prefix = "reloader.example.com/"

// newDeclaration draws a declaration at random.
func (w *world) newDeclaration() *declaration {
	c := &v1alpha1.ClientCapability{}
	c.Name, c.Namespace, c.UID, c.Generation = "client", "support", w.uid(), 1
	c.Spec.AccountRef.Name = "twilio"
	c.Spec.ClientName = "tommy"
	c.Spec.Incoming = w.chance(0.7)
	if !c.Spec.Incoming || w.chance(0.5) {
		c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: "AP" + w.hex(32)}
		if w.chance(0.5) {
			c.Spec.Outgoing.Params = map[string]v1alpha1.ParamValue{"team": "first line", "is": v1alpha1.ParamValue(w.hex(4))}
		}
	}
	w.drawTimes(c)
	return w.declare(nil, c)
}

// drawTimes draws a lifetime near the world's scale, and a renewBefore that is
// the default, or anything, or as short or as long as can be.
func (w *world) drawTimes(c *v1alpha1.ClientCapability) {
	ttl := w.between(w.scale/2, w.scale*2).Truncate(time.Second)
	ttl = min(max(ttl, 5*time.Second), 24*time.Hour)
	longest := min(ttl*9/10, ttl-time.Second).Truncate(time.Second)
	c.Spec.TTL, c.Spec.RenewBefore = v1alpha1.Duration(ttl.String()), ""
	switch draw := w.rng.Float64(); {
	case draw < 0.5:
	case draw < 0.6:
		c.Spec.RenewBefore = "1s"
	case draw < 0.65:
		c.Spec.RenewBefore = v1alpha1.Duration(longest.String())
	default:
		c.Spec.RenewBefore = v1alpha1.Duration((time.Second + w.upTo(longest-time.Second)).Truncate(time.Second).String())
	}
}

// declare makes the snapshot of an object that follows on another.
func (w *world) declare(before *declaration, c *v1alpha1.ClientCapability) *declaration {
	d := &declaration{version: w.nextVersion(), object: c, meaning: meaningOf(c), valid: true}
	if before != nil {
		d.request, d.valid, d.foreignLabel = before.request, before.valid, before.foreignLabel
	}
	return d
}

func meaningOf(c *v1alpha1.ClientCapability) meaning {
	m := meaning{lifetime: lifetimeOf(c), client: c.Spec.ClientName, incoming: c.Spec.Incoming}
	if out := c.Spec.Outgoing; out != nil {
		m.application, m.is = out.ApplicationSID, string(out.Params["is"])
	}
	return m
}

// lifetimeOf is what Twilio permits of the declared ttl, in the design's own
// words and not in the code's.
func lifetimeOf(c *v1alpha1.ClientCapability) time.Duration {
	ttl, err := time.ParseDuration(string(c.Spec.TTL))
	if err != nil {
		return 0
	}
	if ttl == 24*time.Hour {
		return 86_399 * time.Second
	}
	return ttl
}

// renewBeforeOf is the design's renewBefore, in whole seconds.
func renewBeforeOf(c *v1alpha1.ClientCapability) time.Duration {
	if c.Spec.RenewBefore != "" {
		declared, err := time.ParseDuration(string(c.Spec.RenewBefore))
		if err != nil {
			return 0
		}
		return declared
	}
	ttl, err := time.ParseDuration(string(c.Spec.TTL))
	if err != nil {
		return 0
	}
	seconds := int64(ttl / time.Second)
	return time.Duration(max(seconds/3, min(120, seconds/2))) * time.Second
}

func (w *world) uid() types.UID {
	h := w.hex(32)
	return types.UID(fmt.Sprintf("%s-%s-4%s-a%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:]))
}

func (w *world) hex(length int) string {
	const digits = "0123456789abcdef"
	text := make([]byte, length)
	for i := range text {
		text[i] = digits[w.rng.IntN(len(digits))]
	}
	return string(text)
}

func (w *world) newCredentials() issuance.Account {
	return issuance.Account{
		Found:     true,
		SID:       issuance.Credential{Key: v1alpha1.DefaultAccountSIDKey, Value: "AC" + w.hex(32)},
		AuthToken: issuance.Credential{Key: v1alpha1.DefaultAuthTokenKey, Value: w.hex(32)},
	}
}

// sign makes a token of the object's, as the operator or anybody who has the
// key would.
func (w *world) sign(d *declaration, signer issuance.Account, issued time.Time) (raw string, made *token, err error) {
	t := issuance.Wanted(d.object, signer, issued)
	raw, err = capability.Mint(t, signer.AuthToken.Value)
	return raw, &token{says: d.meaning, signer: signer, issued: t.IssuedAt, expires: t.ExpiresAt}, err
}
