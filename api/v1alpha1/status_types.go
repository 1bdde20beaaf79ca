package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClientCapabilityStatus is what the operator last saw and did.
type ClientCapabilityStatus struct {
	// observedGeneration is the generation of the spec that this status speaks
	// of; -1 before the operator has seen the object, so that tools read a new
	// object as in progress.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// secretName is the Secret that holds the token. Absent with delivery
	// OnDemand, once the Secret that there was before is gone.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	SecretName string `json:"secretName,omitempty"`

	// accountSID is the Twilio account that the token speaks for, or with
	// delivery OnDemand any token that is asked for.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	AccountSID string `json:"accountSID,omitempty"`

	// token describes the token in the Secret; never the token itself. Absent
	// with delivery OnDemand.
	// +optional
	Token *TokenStatus `json:"token,omitempty"`

	// lastRenewRequest is the renew request, from the annotation
	// voice.capability-operator.io/renew-requested-at, that was answered last.
	// +optional
	LastRenewRequest *metav1.Time `json:"lastRenewRequest,omitempty"`

	// conditions: Ready, and where they apply RenewalFailing, Reconciling and Stalled.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// TokenStatus describes a token. Times are whole seconds, as in the token.
type TokenStatus struct {
	// issuedAt is when the token was issued.
	// +required
	IssuedAt metav1.Time `json:"issuedAt"`

	// expiresAt is when the token expires.
	// +required
	ExpiresAt metav1.Time `json:"expiresAt"`

	// renewsAt is when the operator will replace the token. Absent while
	// renewal is suspended.
	// +optional
	RenewsAt *metav1.Time `json:"renewsAt,omitempty"`

	// signedBy is the SID of what signed the token: an Access token's API key,
	// or the account, whose AuthToken signs Capability tokens.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	SignedBy string `json:"signedBy,omitempty"`
}
