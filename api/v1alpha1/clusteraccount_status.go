package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterAccountStatus is what the operator last saw of an account. How many
// ClientCapabilities use it is not here: a number that each of them changes
// would be a write for each. It is a metric, and a field selector lists them.
type ClusterAccountStatus struct {
	// observedGeneration is the generation of the spec that this status speaks
	// of; -1 before the operator has seen the object.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// accountSID is the Twilio account.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	AccountSID string `json:"accountSID,omitempty"`

	// signingKey is the API key that signs Access tokens. Absent where the
	// account has none: then its AuthToken signs Capability tokens.
	// +optional
	SigningKey *SigningKeyStatus `json:"signingKey,omitempty"`

	// previousKey is what signed before the last change of key.
	// +optional
	PreviousKey *PreviousKeyStatus `json:"previousKey,omitempty"`

	// credentialsCheckedAt is when Twilio was last asked about the credentials.
	// +optional
	CredentialsCheckedAt *metav1.Time `json:"credentialsCheckedAt,omitempty"`

	// conditions: Ready, CredentialsAccepted where Twilio is asked, and where
	// they apply Reconciling and Stalled.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// SigningKeyStatus describes the API key that signs; never its secret.
type SigningKeyStatus struct {
	// sid is the API key's SID.
	// +kubebuilder:validation:MaxLength=64
	// +required
	SID string `json:"sid"`
}

// PreviousKeyStatus describes what signed before.
type PreviousKeyStatus struct {
	// sid is the former API key's SID; empty for an AuthToken.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	SID string `json:"sid,omitempty"`

	// inUseUntil is until when tokens that it signed may still be in use.
	// Whoever deletes the key earlier cuts live clients off.
	// +required
	InUseUntil metav1.Time `json:"inUseUntil"`
}
