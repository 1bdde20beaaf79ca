package issuance

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// Facts are everything that a decision is made on.
type Facts struct {
	// Capability is the declaration.
	Capability *v1alpha1.ClientCapability
	// Account is what the account's Secret holds.
	Account Account
	// Names are what NamePatternsOf the two reads as, from who has read it before;
	// nil where it is to be read.
	Names *Names
	// Secret is what stands under the wanted name; nil where nothing does.
	Secret *Secret
	// AllowedPrefixes are the prefixes, such as reloader.stakater.com/, that
	// keys of spec.secret.labels and .annotations may have.
	AllowedPrefixes []string
	// Now is the moment of the decision, by the operator's clock.
	Now time.Time
	// ServerTime is a moment that the API server's clock has passed already;
	// zero where nothing is known of it.
	ServerTime time.Time
}

// Account is what is known of the account that a capability refers to.
type Account struct {
	// Found is false for a Secret that is missing and for one without the
	// account label alike: nobody can tell them apart through this operator.
	Found bool
	// Terms are those of the ClusterAccount that the capability refers to; nil
	// where it refers to a Secret, or where there is no such ClusterAccount.
	Terms *Terms
	// Off is true where this operator does not serve ClusterAccounts.
	Off bool
	// SID is the account SID.
	SID Credential
	// AuthToken signs Capability tokens.
	AuthToken Credential
	// APIKey is the SID of the API key that signs Access tokens, and APISecret
	// what it signs them with.
	APIKey, APISecret Credential
	// Region is the Twilio region that all of these belong to; empty means us1.
	Region Credential
}

// Terms are what the owner of a ClusterAccount permits, and to whom.
type Terms struct {
	// Allowed are the namespaces that may use the account; nil for none.
	Allowed *v1alpha1.AllowedNamespaces
	// Limits are what may be declared; nil for anything but an event stream.
	Limits *v1alpha1.Limits
	// NamespaceLabels are those of the capability's namespace; nil where they are
	// not known, and then no selector matches.
	NamespaceLabels map[string]string
}

// Credential is one value of an account's Secret.
type Credential struct {
	// Key is the key of the Secret's data under which the value was looked for.
	Key string
	// Value is empty where the key is absent.
	Value string
}

// Secret is what is known of the Secret under the wanted name.
type Secret struct {
	// Ours is true for a Secret of the token type that belongs to this
	// capability, by its owner or, where it has none, by its annotation.
	Ours bool
	// Immutable is true where the Secret's data can't be changed any more.
	Immutable bool
	// Token is the value under the wanted key.
	Token string
	// AnsweredRenewRequest is the renew request that the token answers, as
	// the Secret's annotation has it.
	AnsweredRenewRequest string
}
