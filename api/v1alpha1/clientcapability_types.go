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
// +kubebuilder:validation:XValidation:rule="(has(self.spec.accountRef.kind) && self.spec.accountRef.kind == 'ClusterAccount') || (has(self.spec.secret) && has(self.spec.secret.name) ? self.spec.secret.name : self.metadata.name) != self.spec.accountRef.name",fieldPath=".spec.secret.name",message="the token would go into the account's own Secret: set spec.secret.name to a name that differs from spec.accountRef.name (the default is metadata.name)"
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
// +kubebuilder:validation:XValidation:rule="!(has(self.incoming) && self.incoming) || has(self.clientName)",fieldPath=".clientName",reason=FieldValueRequired,message="is required with incoming: write the name that this client receives calls for, such as tommy"
// +kubebuilder:validation:XValidation:rule="!has(self.tokenType) || self.tokenType != 'Access' || has(self.clientName)",fieldPath=".clientName",reason=FieldValueRequired,message="is required with tokenType Access: write who this client is, such as tommy"
// +kubebuilder:validation:XValidation:rule="!has(self.tokenType) || self.tokenType != 'Access' || !has(self.eventStream)",fieldPath=".eventStream",reason=FieldValueForbidden,message="has no place in an Access token: leave it out, or give it a ClientCapability of its own with tokenType Capability"
// +kubebuilder:validation:XValidation:rule="!has(self.pushCredentialSID) || (has(self.tokenType) && self.tokenType == 'Access')",fieldPath=".pushCredentialSID",reason=FieldValueForbidden,message="has no place in a Capability token: leave it out, or set tokenType to Access"
// +kubebuilder:validation:XValidation:rule="!has(self.renewBefore) || !self.renewBefore.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || !self.ttl.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || duration(self.ttl).getSeconds() < 5 || duration(self.renewBefore).getSeconds() * 10 <= duration(self.ttl).getSeconds() * 9",fieldPath=".renewBefore",messageExpression="'must be at most nine tenths of ttl, which is ' + self.ttl + ': lower renewBefore or raise ttl'",message="must be at most nine tenths of ttl: lower renewBefore or raise ttl"
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

	// secret says where the token goes and what else the Secret carries.
	// +optional
	Secret *SecretTarget `json:"secret,omitempty"`

	// suspend stops renewal while true: the operator leaves what the Secret
	// holds as it is, and the token in it expires when its time comes; the
	// deletion policy alone goes on being followed. Default false.
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

// AccountReference names a Twilio account.
//
// +kubebuilder:validation:XValidation:rule="!has(self.keys) || !has(self.kind) || self.kind != 'ClusterAccount'",fieldPath=".keys",reason=FieldValueForbidden,message="has no place with kind ClusterAccount, which names its own keys: leave it out"
type AccountReference struct {
	// kind is Secret, for a Secret of this namespace that carries the label
	// voice.capability-operator.io/account: "true", or ClusterAccount, for an
	// account of the platform team.
	// +kubebuilder:default=Secret
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self in ['Secret', 'ClusterAccount']",message="must be Secret, for a Secret of this namespace that carries the label voice.capability-operator.io/account: \"true\", or ClusterAccount"
	// +optional
	Kind AccountKind `json:"kind,omitempty"`

	// name of the account's Secret, or of the ClusterAccount.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.size() > 0 && !format.dns1123Subdomain().validate(self).hasValue()",message="must be the name of a Secret or ClusterAccount: lower-case letters, digits, '-' and '.', such as twilio"
	// +required
	Name string `json:"name"`

	// keys names the keys of the account's Secret, where they differ from the
	// names that Twilio's own tools use. For kind Secret only.
	// +optional
	Keys *AccountKeys `json:"keys,omitempty"`
}

// AccountKind is the kind of object that an account is.
type AccountKind string

const (
	// AccountKindSecret is a labelled Secret in the namespace of the ClientCapability.
	AccountKindSecret AccountKind = "Secret"
	// AccountKindClusterAccount is a ClusterAccount.
	AccountKindClusterAccount AccountKind = "ClusterAccount"
)

// AccountKeys names the keys of an account's Secret.
type AccountKeys struct {
	// accountSID is the key that holds the account SID. Default TWILIO_ACCOUNT_SID.
	// +optional
	AccountSID SecretKey `json:"accountSID,omitempty"`

	// authToken is the key that holds the AuthToken. Default TWILIO_AUTH_TOKEN.
	// +optional
	AuthToken SecretKey `json:"authToken,omitempty"`

	// apiKey is the key that holds the SID of an API key, for Access tokens.
	// Default TWILIO_API_KEY.
	// +optional
	APIKey SecretKey `json:"apiKey,omitempty"`

	// apiSecret is the key that holds that API key's secret. Default TWILIO_API_SECRET.
	// +optional
	APISecret SecretKey `json:"apiSecret,omitempty"`

	// region is the key that holds the Twilio region that the credentials
	// belong to; nothing under it means us1. Default TWILIO_REGION.
	// +optional
	Region SecretKey `json:"region,omitempty"`
}

// SecretKey is the name of a key in a Secret's data.
//
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$') && self != '.' && !self.startsWith('..')",message="must be a key of a Secret: letters, digits, '-', '_' and '.', such as token"
type SecretKey string

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

// SecretTarget is the Secret that the token goes into.
type SecretTarget struct {
	// name of the Secret; the ClientCapability's own name where not set. It
	// must differ from the account's Secret. When it changes, the Secret of
	// the former name is removed.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.size() > 0 && !format.dns1123Subdomain().validate(self).hasValue()",message="must be a name for a Secret: lower-case letters, digits, '-' and '.', such as tommy-token"
	// +optional
	Name string `json:"name,omitempty"`

	// key of the Secret's data that holds the token. Beside it, expires-at
	// holds the token's expiry as RFC 3339.
	// +kubebuilder:default=token
	// +kubebuilder:validation:XValidation:rule="self != 'expires-at'",message="must not be expires-at, which holds the token's expiry: write another key, such as token"
	// +optional
	Key SecretKey `json:"key,omitempty"`

	// labels for the Secret. Keys are without a prefix, or with one that the
	// operator's --allowed-metadata-prefixes permits.
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(k, !format.qualifiedName().validate(k).hasValue())",messageExpression="'\\'' + self.filter(k, format.qualifiedName().validate(k).hasValue())[0] + '\\' is no label key: write keys such as team, of at most 63 letters, digits, - _ and ., beginning and ending with a letter or digit'",message="must not have what is no label key: write keys such as team, of at most 63 letters, digits, - _ and ., beginning and ending with a letter or digit"
	// +optional
	Labels map[string]LabelValue `json:"labels,omitempty"`

	// annotations for the Secret. Keys are as for labels.
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(k, !format.qualifiedName().validate(k.lowerAscii()).hasValue())",messageExpression="'\\'' + self.filter(k, format.qualifiedName().validate(k.lowerAscii()).hasValue())[0] + '\\' is no annotation key: write keys such as team, of at most 63 letters, digits, - _ and ., beginning and ending with a letter or digit'",message="must not have what is no annotation key: write keys such as team, of at most 63 letters, digits, - _ and ., beginning and ending with a letter or digit"
	// +optional
	Annotations map[string]AnnotationValue `json:"annotations,omitempty"`

	// deletionPolicy says what becomes of the Secret when the ClientCapability
	// is deleted: Delete removes it, Retain leaves it with its last token.
	// +kubebuilder:default=Delete
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self in ['Delete', 'Retain']",message="must be Delete or Retain"
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// LabelValue is the value of a label.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="!format.labelValue().validate(self).hasValue()",message="must be a label's value: at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
type LabelValue string

// AnnotationValue is the value of an annotation.
//
// +kubebuilder:validation:MaxLength=4096
type AnnotationValue string

// DeletionPolicy says what becomes of the Secret when its ClientCapability is deleted.
type DeletionPolicy string

const (
	// DeletionPolicyDelete has garbage collection remove the Secret.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyRetain leaves the Secret; a ClientCapability that is
	// created under the same name takes it up again.
	DeletionPolicyRetain DeletionPolicy = "Retain"
)
