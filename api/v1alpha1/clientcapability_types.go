package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClientCapability declares what one Twilio Voice client may do. The operator
// keeps a Secret filled with a valid token that permits exactly that, and
// renews the token before it expires.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ccap,categories=twilio
// +kubebuilder:selectablefield:JSONPath=`.spec.accountRef.kind`
// +kubebuilder:selectablefield:JSONPath=`.spec.accountRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="True while the Secret holds a live token for this declaration"
// +kubebuilder:printcolumn:name="Client",type=string,JSONPath=`.spec.clientName`
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.status.token.expiresAt`
// +kubebuilder:printcolumn:name="Renews",type=string,JSONPath=`.status.token.renewsAt`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="(has(self.spec.accountRef.kind) && self.spec.accountRef.kind == 'ClusterAccount') || (has(self.spec.delivery) && self.spec.delivery == 'OnDemand') || (has(self.spec.secret) && has(self.spec.secret.name) ? self.spec.secret.name : self.metadata.name) != self.spec.accountRef.name",fieldPath=".spec.secret.name",message="the token would go into the account's own Secret: set spec.secret.name to a name that differs from spec.accountRef.name (the default is metadata.name)"
type ClientCapability struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the declaration: what the client may do, for how long at a time,
	// and where its token goes.
	// +required
	Spec ClientCapabilitySpec `json:"spec"`
	// status is what the operator last saw and did.
	// +kubebuilder:default={"observedGeneration":-1}
	// +optional
	Status ClientCapabilityStatus `json:"status,omitempty"`
}

// ClientCapabilityList is a list of ClientCapabilities.
//
// +kubebuilder:object:root=true
type ClientCapabilityList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClientCapability `json:"items"`
}

// ClientCapabilitySpec is the declaration.
//
// +kubebuilder:validation:XValidation:rule="(has(self.incoming) && self.incoming) || has(self.outgoing) || has(self.eventStream)",message="declares no capability: set incoming to true, outgoing with an applicationSID, or eventStream"
// +kubebuilder:validation:XValidation:rule="!has(self.clientName) || (has(self.incoming) && self.incoming) || has(self.outgoing) || !has(self.eventStream) || (has(self.tokenType) && self.tokenType == 'Access')",fieldPath=".clientName",message="has no place in a token that grants eventStream alone: leave it out, or add incoming or outgoing"
// +kubebuilder:validation:XValidation:rule="!has(self.onDemand) || !has(self.onDemand.clientNamePattern) || (has(self.incoming) && self.incoming) || has(self.outgoing) || !has(self.eventStream) || (has(self.tokenType) && self.tokenType == 'Access')",fieldPath=".onDemand.clientNamePattern",reason=FieldValueForbidden,message="has no place with eventStream alone, whose tokens have no name: leave it out, or add incoming or outgoing"
// +kubebuilder:validation:XValidation:rule="!(has(self.incoming) && self.incoming) || has(self.clientName) || (has(self.delivery) && self.delivery == 'OnDemand' && has(self.onDemand) && has(self.onDemand.clientNamePattern))",fieldPath=".clientName",reason=FieldValueRequired,message="is required with incoming: write the name that this client receives calls for, such as tommy"
// +kubebuilder:validation:XValidation:rule="!has(self.tokenType) || self.tokenType != 'Access' || has(self.clientName) || (has(self.delivery) && self.delivery == 'OnDemand' && has(self.onDemand) && has(self.onDemand.clientNamePattern))",fieldPath=".clientName",reason=FieldValueRequired,message="is required with tokenType Access: write who this client is, such as tommy"
// +kubebuilder:validation:XValidation:rule="!has(self.tokenType) || self.tokenType != 'Access' || !has(self.eventStream)",fieldPath=".eventStream",reason=FieldValueForbidden,message="has no place in an Access token: leave it out, or give it a ClientCapability of its own with tokenType Capability"
// +kubebuilder:validation:XValidation:rule="!has(self.pushCredentialSID) || (has(self.tokenType) && self.tokenType == 'Access')",fieldPath=".pushCredentialSID",reason=FieldValueForbidden,message="has no place in a Capability token: leave it out, or set tokenType to Access"
// +kubebuilder:validation:XValidation:rule="!has(self.renewBefore) || !self.renewBefore.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || !self.ttl.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || duration(self.ttl).getSeconds() < 5 || duration(self.renewBefore).getSeconds() * 10 <= duration(self.ttl).getSeconds() * 9",fieldPath=".renewBefore",messageExpression="'must be at most nine tenths of ttl, which is ' + self.ttl + ': lower renewBefore or raise ttl'",message="must be at most nine tenths of ttl: lower renewBefore or raise ttl"
// +kubebuilder:validation:XValidation:rule="!has(self.renewBefore) || !has(self.delivery) || self.delivery != 'OnDemand'",fieldPath=".renewBefore",reason=FieldValueForbidden,message="has no place with delivery OnDemand, where nothing is renewed: leave it out"
type ClientCapabilitySpec struct {
	// accountRef names the Twilio account that signs the token.
	// +required
	AccountRef AccountReference `json:"accountRef"`

	// tokenType is Access or Capability. Access tokens are signed with the
	// account's API key and are what Twilio recommends. Capability tokens are
	// signed with its AuthToken; Twilio has deprecated them and accepts them
	// in its region US1 only.
	// +kubebuilder:default=Capability
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self in ['Access', 'Capability']",message="must be Access or Capability"
	// +optional
	TokenType TokenType `json:"tokenType,omitempty"`

	// clientName is who this client is: the name that it receives calls for
	// and that its calls come from. 1 to 256 characters; no spaces, no control
	// characters, none of <>#%"{}|\^[] and the backtick (Twilio's rule for
	// client identifiers). Required with incoming, and with tokenType Access,
	// where Twilio's SDKs place and receive calls only for names of at most
	// 121 letters, digits and underscores (error 31105).
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.size() > 0",message="must be 1 to 256 characters: write a name such as tommy, or leave the field out"
	// +kubebuilder:validation:XValidation:rule="!self.matches('[\\\\p{Cc}\\\\p{Z}<>#%\"{}|\\\\\\\\^\\\\[\\\\]\\\\x60]')",message="must be without spaces, control characters and any of <>#%\"{}|\\^[] and the backtick: write a name such as tommy or support_1"
	// +optional
	ClientName string `json:"clientName,omitempty"`

	// incoming permits the client to receive calls for clientName. Default false.
	// +optional
	Incoming bool `json:"incoming,omitempty"`

	// outgoing permits the client to place calls through an application.
	// +optional
	Outgoing *Outgoing `json:"outgoing,omitempty"`

	// eventStream permits whoever holds the token to subscribe to the events
	// of the account: those of the whole account, not only of this client.
	// Capability tokens only.
	// +optional
	EventStream *EventStream `json:"eventStream,omitempty"`

	// pushCredentialSID is the push credential that wakes a phone's app for an
	// incoming call: CR and 32 hexadecimal digits. Access tokens only.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^CR[0-9a-fA-F]{32}$')",message="must be a push credential's SID: CR followed by 32 hexadecimal digits, such as CR0123456789abcdef0123456789abcdef"
	// +optional
	PushCredentialSID string `json:"pushCredentialSID,omitempty"`

	// ttl is how long each token lives, from 5s to 24h. 24h is minted as
	// 86,399 seconds, because Twilio refuses a token that lives for a whole
	// day (error 31207).
	// +kubebuilder:default="1h"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || (duration(self).getSeconds() >= 5 && duration(self).getSeconds() <= 86400)",message="must be from 5s to 24h"
	// +optional
	TTL Duration `json:"ttl,omitempty"`

	// renewBefore is how long before its expiry a token is replaced: more than
	// zero and at most nine tenths of ttl. Where it is not set, it is a third
	// of ttl, or 2m (half of ttl, if that is less) where that is longer.
	// Renewal may come earlier by up to a tenth of the time waited, so that
	// objects created together do not stay together; it never comes later.
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || duration(self).getSeconds() > 0",message="must be more than 0s: write for instance 5m, or leave the field out for the default"
	// +optional
	RenewBefore Duration `json:"renewBefore,omitempty"`

	// delivery is Secret, where a Secret is kept filled with a valid token, or
	// OnDemand, where there is none and each token is asked for: by a POST to
	// the subresource token of clientcapabilities.tokens.voice.capability-operator.io.
	// With Secret, tokens can be asked for besides.
	// +kubebuilder:default=Secret
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self in ['Secret', 'OnDemand']",message="must be Secret or OnDemand"
	// +optional
	Delivery Delivery `json:"delivery,omitempty"`

	// onDemand says what callers who ask for a token may choose.
	// +optional
	OnDemand *OnDemand `json:"onDemand,omitempty"`

	// secret says where the token goes and what else the Secret carries.
	// +optional
	Secret *SecretTarget `json:"secret,omitempty"`

	// suspend stops renewal, and has tokens on demand refused, while true: the
	// operator leaves what the Secret holds as it is, and the token in it
	// expires when its time comes; the deletion policy alone goes on being
	// followed. Default false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// TokenType is a kind of Twilio token.
type TokenType string

const (
	// TokenTypeCapability is signed with the account's AuthToken.
	TokenTypeCapability TokenType = "Capability"
	// TokenTypeAccess is signed with one of the account's API keys.
	TokenTypeAccess TokenType = "Access"
)

// Outgoing permits calls through one application.
type Outgoing struct {
	// applicationSID is the TwiML application that handles the calls: AP and
	// 32 hexadecimal digits.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^AP[0-9a-fA-F]{32}$')",message="must be a TwiML application's SID: AP followed by 32 hexadecimal digits, such as AP0123456789abcdef0123456789abcdef"
	// +required
	ApplicationSID string `json:"applicationSID"`

	// params are handed to the application with each call. At most 32, whose
	// names and values together take at most 800 bytes (Twilio error 31103).
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="!('' in self)",message="must not have an empty name"
	// +kubebuilder:validation:XValidation:rule="self.map(k, size(bytes(k)) + size(bytes(self[k]))).sum() <= 800",message="must take at most 800 bytes in all, names and values together (Twilio error 31103): shorten them, or let the application look the rest up"
	// +optional
	Params map[string]ParamValue `json:"params,omitempty"`
}

// EventStream permits a subscription to the account's events.
type EventStream struct {
	// filters narrow the events. At most 32, whose names and values together
	// take at most 800 bytes. With none, all events of the account are permitted.
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="!('' in self)",message="must not have an empty name"
	// +kubebuilder:validation:XValidation:rule="self.map(k, size(bytes(k)) + size(bytes(self[k]))).sum() <= 800",message="must take at most 800 bytes in all, names and values together: shorten them"
	// +optional
	Filters map[string]ParamValue `json:"filters,omitempty"`
}

// ParamValue is the value of one parameter or filter.
//
// +kubebuilder:validation:MaxLength=800
type ParamValue string
