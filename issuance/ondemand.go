package issuance

import (
	"fmt"
	"regexp"
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
	// as spec.ttl, and Why says what would be. It repeats no client name.
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
	if fault := OnDemandFault(f); fault != nil {
		return capability.Token{}, &Refusal{Fault: fault}
	}
	asked, refusal := granted(f.Capability, r)
	if refusal != nil {
		return capability.Token{}, refusal
	}
	if fault := accountFault(asked, f.Account); fault != nil { // a limit of the account that the declaration keeps within
		field := fieldTTL
		if asked.Spec.ClientName != f.Capability.Spec.ClientName && clientNameOutsideOf(asked, f.Account) {
			field = fieldClientName
		}
		return capability.Token{}, &Refusal{Field: field, Why: fault.Message}
	}
	token := Wanted(asked, f.Account, f.Now)
	if fault := declarationFault(asked, token.Grant); fault != nil {
		return capability.Token{}, &Refusal{Field: fieldClientName, Why: fault.Message}
	}
	return token, nil
}

// OnDemandFault is what keeps the capability from granting a token to anybody;
// nil where a request that asks for nothing special would be granted now.
func OnDemandFault(f Facts) *Fault {
	c := f.Capability
	if c.Spec.Suspend {
		return suspendedFault()
	}
	named := c
	if c.Spec.ClientName == "" && c.ClientNamePattern() != "" {
		named = c.DeepCopy()
		named.Spec.ClientName = someName // the caller's choice, whatever that will be
	}
	wanted := Wanted(named, f.Account, f.Now)
	if fault := declarationFault(named, wanted.Grant); fault != nil {
		return fault
	}
	if _, err := chosen(c.ClientNamePattern()); err != nil {
		return &Fault{
			Reason:  v1alpha1.ReasonDeclarationInvalid,
			Message: fmt.Sprintf("No token can be made for this declaration: spec.onDemand: %v.", err),
			Watched: true,
		}
	}
	if fault := accountFault(c, f.Account); fault != nil {
		return fault
	}
	if !wanted.ExpiresAt.After(f.ServerTime) {
		return clockBehind()
	}
	return nil
}

// someName stands for a client's name where only its being there matters.
const someName = "tommy"

func chosen(pattern string) (*regexp.Regexp, error) {
	compiled, err := regexp.Compile(`^(?:` + pattern + `)$`)
	if err != nil {
		return nil, fmt.Errorf("reading clientNamePattern: %w", err)
	}
	return compiled, nil
}

// granted is the declaration as the request has it, which is never more than is
// declared.
func granted(c *v1alpha1.ClientCapability, r Request) (*v1alpha1.ClientCapability, *Refusal) {
	asked := c.DeepCopy()
	if r.TTL != 0 {
		switch declared := c.Spec.TTL.Value(); {
		case r.TTL < shortestTTL || r.TTL%time.Second != 0:
			return nil, &Refusal{Field: fieldTTL, Why: "must be whole seconds, and at least 5s"}
		case r.TTL > declared:
			return nil, &Refusal{Field: fieldTTL, Why: fmt.Sprintf("must be at most %s, the ttl of the ClientCapability", c.Spec.TTL)}
		}
		asked.Spec.TTL = v1alpha1.Duration(r.TTL.String())
	}
	switch pattern := c.ClientNamePattern(); {
	case r.ClientName == "" && c.Spec.ClientName == "" && (c.Spec.Incoming || c.TokenType() == v1alpha1.TokenTypeAccess):
		return nil, &Refusal{Field: fieldClientName, Why: "is required: the ClientCapability leaves the name to who asks (spec.onDemand.clientNamePattern)"}
	case r.ClientName == "" || r.ClientName == c.Spec.ClientName:
	case pattern == "":
		return nil, &Refusal{Field: fieldClientName, Why: "must be left out, or be the clientName of the ClientCapability, which has no spec.onDemand.clientNamePattern"}
	default:
		// It was compiled before, by OnDemandFault.
		if names, err := chosen(pattern); err != nil || !names.MatchString(r.ClientName) {
			return nil, &Refusal{Field: fieldClientName, Why: "does not match spec.onDemand.clientNamePattern of the ClientCapability: " + pattern}
		}
		asked.Spec.ClientName = r.ClientName
	}
	return asked, nil
}

// clientNameOutsideOf reports whether it is the name that the account's limits
// do not permit.
func clientNameOutsideOf(c *v1alpha1.ClientCapability, account Account) bool {
	return account.Terms != nil && account.Terms.Limits != nil && clientNameOutside(account.Terms.Limits, c) != ""
}
