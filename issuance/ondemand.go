package issuance

import (
	"fmt"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// Request is what a caller asks for on demand.
type Request struct {
	// TTL is how long the token is to live; zero for as long as declared.
	TTL time.Duration
	// ClientName is who the client is to be; empty for the declared name.
	ClientName string
}

// Refusal is why a caller gets no token. Exactly one of its two parts is set.
type Refusal struct {
	// Fault is what keeps the capability from granting anything at present,
	// whatever is asked for: the one that its conditions tell.
	Fault *Fault
	// Field is the field of the request that asks for what is not granted, such
	// as spec.ttl, and Why goes on from its name: what must be there instead. It
	// repeats no client name, and no pattern, which may be a list of names.
	Field, Why string
}

// Fields of a request.
const (
	fieldTTL        = "spec.ttl"
	fieldClientName = "spec.clientName"
)

// Answer decides on a request by the same declaration, account and limits as a
// Secret's token: what would be refused there is refused here. It returns the
// token to sign, or why there is none.
func Answer(f Facts, r Request) (capability.Token, *Refusal) {
	f.Names = f.names() // once
	if fault := OnDemandFault(f); fault != nil {
		return capability.Token{}, &Refusal{Fault: fault}
	}
	if why := ttlRefused(f.Capability, r.TTL); why != "" {
		return capability.Token{}, &Refusal{Field: fieldTTL, Why: why}
	}
	if why := clientNameRefused(f.Capability, f.Names, r.ClientName); why != "" {
		return capability.Token{}, &Refusal{Field: fieldClientName, Why: why}
	}
	asked := asRequested(f.Capability, r)
	if refusal := outsideLimits(asked, f.Account, f.Names); refusal != nil {
		return capability.Token{}, refusal
	}
	token := Wanted(asked, f.Account, f.Now)
	if !token.ExpiresAt.After(f.ServerTime) { // a token that lives as long as declared might do
		return capability.Token{}, &Refusal{Fault: clockBehind()}
	}
	return token, nil
}

// OnDemandFault is what keeps the capability from granting a token to anybody;
// nil where a request that asks for nothing special would be granted now, or
// one that names the client where the declaration leaves that to who asks.
func OnDemandFault(f Facts) *Fault {
	f.Names = f.names() // once
	c := f.Capability
	if c.Spec.Suspend {
		return suspendedOnDemand()
	}
	named := c
	if c.Spec.ClientName == "" && c.ClientNamePattern() != "" && needsClientName(c) {
		named = asRequested(c, Request{ClientName: someName})
	}
	wanted := Wanted(named, f.Account, f.Now)
	if fault := declarationFault(named, wanted.Grant); fault != nil {
		return fault
	}
	if fault := f.Names.chosenFault(); fault != nil {
		return fault
	}
	if fault := accountFault(f); fault != nil {
		return fault
	}
	if !wanted.ExpiresAt.After(f.ServerTime) {
		return clockBehind()
	}
	return nil
}

// decideOnDemand comes to a verdict on a capability that has no Secret, or is to
// have none. What stands under the name of one does not matter, whoever's it is.
func decideOnDemand(f Facts) Verdict {
	f.Names = f.names() // once
	verdict := Verdict{Action: Release, Fault: OnDemandFault(f)}
	if f.Capability.Spec.Suspend {
		verdict.Action = Refuse // which leaves everything as it is
	}
	if accountFault(f) == nil {
		// Not before: which account a ClusterAccount is, is for its users to know.
		verdict.AccountSID = f.Account.SID.Value
	}
	return verdict
}

func suspendedOnDemand() *Fault {
	return &Fault{
		Reason:  v1alpha1.ReasonSuspended,
		Message: "No token is granted while spec.suspend is true; set it to false to go on.",
		Watched: true,
	}
}

// someName stands for a client's name where only its being there matters.
const someName = "somebody"

func needsClientName(c *v1alpha1.ClientCapability) bool {
	return c.Spec.Incoming || c.TokenType() == v1alpha1.TokenTypeAccess
}

func ttlRefused(c *v1alpha1.ClientCapability, ttl time.Duration) string {
	switch {
	case ttl == 0:
		return ""
	case ttl < shortestTTL || ttl%time.Second != 0:
		return "must be in whole seconds, and at least 5s"
	case ttl > c.Spec.TTL.Value():
		return fmt.Sprintf("must be at most %s, the ttl of the ClientCapability", c.Spec.TTL)
	}
	return ""
}

func clientNameRefused(c *v1alpha1.ClientCapability, names *Names, name string) string {
	switch {
	case name == "" && c.Spec.ClientName == "" && needsClientName(c):
		return "is required: the ClientCapability leaves the name to who asks (spec.onDemand.clientNamePattern)"
	case name == "" || name == c.Spec.ClientName:
		return ""
	case !c.Spec.Incoming && c.Spec.Outgoing == nil:
		return "must be left out: it has no place in a token that grants an event stream alone"
	case c.ClientNamePattern() == "":
		return "must be left out, or be that of the ClientCapability, which permits no others (it has no spec.onDemand.clientNamePattern)"
	case (capability.Grant{ClientName: name, Incoming: true}).Validate() != nil:
		return "must be 1 to 256 characters, without spaces, control characters and any of " +
			`<>#%"{}|\^[] and the backtick (Twilio's rule for client identifiers)`
	}
	if names.choosable(name) {
		return ""
	}
	return "must match the spec.onDemand.clientNamePattern of the ClientCapability, in full"
}

// asRequested is the declaration as the request has it. It shares its maps with
// the one that is declared.
func asRequested(c *v1alpha1.ClientCapability, r Request) *v1alpha1.ClientCapability {
	asked := *c
	if r.ClientName != "" {
		asked.Spec.ClientName = r.ClientName
	}
	if r.TTL != 0 {
		asked.Spec.TTL = v1alpha1.Duration(r.TTL.String())
	}
	return &asked
}

// outsideLimits looks at those of the account's limits that a request may break
// though the declaration keeps within them.
func outsideLimits(asked *v1alpha1.ClientCapability, account Account, names *Names) *Refusal {
	if account.Terms == nil || account.Terms.Limits == nil {
		return nil
	}
	limits := account.Terms.Limits
	if what := names.outside(limits, asked); what != "" {
		return &Refusal{Field: fieldClientName, Why: strings.TrimSuffix(strings.TrimPrefix(what, fieldClientName+" "), ".")}
	}
	if ttlOutside(limits, asked) != "" { // it is too short: the longest was declared
		return &Refusal{Field: fieldTTL, Why: fmt.Sprintf("must be at least %s: ClusterAccount %q permits no less (limits.minTTL)",
			limits.MinTTL, asked.Spec.AccountRef.Name)}
	}
	return nil
}
