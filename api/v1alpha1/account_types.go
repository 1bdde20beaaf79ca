package v1alpha1

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
