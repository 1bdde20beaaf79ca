package v1alpha1

// Limits are what ClientCapabilities that use an account may declare. Each that
// is left out permits everything of its kind, with one exception: EventStream,
// which reaches the whole account, must be listed. An empty list permits nothing.
//
// +kubebuilder:validation:XValidation:rule="!has(self.minTTL) || !has(self.maxTTL) || !self.minTTL.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || !self.maxTTL.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || duration(self.minTTL) <= duration(self.maxTTL)",fieldPath=".minTTL",message="must be at most maxTTL: no lifetime is left otherwise"
type Limits struct {
	// minTTL is the shortest spec.ttl. From 5s to 24h.
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || (duration(self).getSeconds() >= 5 && duration(self).getSeconds() <= 86400)",message="must be from 5s to 24h"
	// +optional
	MinTTL Duration `json:"minTTL,omitempty"`

	// maxTTL is the longest spec.ttl, and so how long a token that was issued
	// can go on being used after its permission ends. From 5s to 24h.
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || (duration(self).getSeconds() >= 5 && duration(self).getSeconds() <= 86400)",message="must be from 5s to 24h"
	// +optional
	MaxTTL Duration `json:"maxTTL,omitempty"`

	// applicationSIDs are the applications that calls may go through.
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	// +optional
	ApplicationSIDs []ApplicationSID `json:"applicationSIDs,omitzero"`

	// capabilities are Incoming, Outgoing and EventStream, as far as each is
	// permitted. Left out, Incoming and Outgoing are.
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	// +optional
	Capabilities []CapabilityName `json:"capabilities,omitzero"`

	// clientNamePattern is a regular expression (RE2) that spec.clientName must
	// match in full. $(namespace) stands for the ClientCapability's namespace.
	// So that no tenant's names can match for another tenant too, the pattern then begins
	// with $(namespace) and a character that no namespace's name has, such as
	// $(namespace)_[a-z0-9]+, or ends with such a character and $(namespace).
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.size() > 0",message="must not be empty: write a pattern such as $(namespace)_[a-z0-9]+, or leave the field out to permit any name"
	// +kubebuilder:validation:XValidation:rule="''.matches(self.replace('$(namespace)', 'support')) ? true : true",message="must be a regular expression (RE2), such as support_[a-z0-9]+"
	// +kubebuilder:validation:XValidation:rule="!self.contains('$(namespace)') || self.matches('^\\\\$\\\\(namespace\\\\)([_:@/~=,;!%&]|\\\\\\\\[.+])([^?*+{]|$)') || self.matches('([_:@/~=,;!%&]|\\\\\\\\[.+])\\\\$\\\\(namespace\\\\)$')",message="must begin with $(namespace) and a character that no namespace has in its name, as in $(namespace)_[a-z0-9]+, or end the other way round, as in [a-z0-9]+_$(namespace): else the names of one namespace could match for another"
	// +optional
	ClientNamePattern string `json:"clientNamePattern,omitempty"`

	// tokenTypes are Capability and Access, as far as each is permitted.
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	// +optional
	TokenTypes []LimitedTokenType `json:"tokenTypes,omitzero"`
}

// NamespacePlaceholder stands in limits.clientNamePattern for the name of the
// ClientCapability's namespace.
const NamespacePlaceholder = "$(namespace)"

// ApplicationSID is the SID of a TwiML application.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^AP[0-9a-fA-F]{32}$')",message="must be a TwiML application's SID: AP followed by 32 hexadecimal digits, such as AP0123456789abcdef0123456789abcdef"
type ApplicationSID string

// CapabilityName is the name of one capability.
//
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self in ['Incoming', 'Outgoing', 'EventStream']",message="must be Incoming, Outgoing or EventStream"
type CapabilityName string

// The capabilities that a limit can permit.
const (
	CapabilityIncoming    CapabilityName = "Incoming"
	CapabilityOutgoing    CapabilityName = "Outgoing"
	CapabilityEventStream CapabilityName = "EventStream"
)

// LimitedTokenType is a TokenType in a list of those that are permitted.
//
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self in ['Access', 'Capability']",message="must be Access or Capability"
type LimitedTokenType string
