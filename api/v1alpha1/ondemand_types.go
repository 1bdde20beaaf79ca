package v1alpha1

// Delivery is the way in which a token reaches its client.
type Delivery string

const (
	// DeliverySecret keeps a Secret filled with a valid token.
	DeliverySecret Delivery = "Secret"
	// DeliveryOnDemand writes no Secret: each token is asked for.
	DeliveryOnDemand Delivery = "OnDemand"
)

// OnDemand says what callers who ask for a token may choose.
type OnDemand struct {
	// clientNamePattern is a regular expression (RE2). A caller may ask for any
	// client name that it matches in full, besides spec.clientName. Left out,
	// for spec.clientName alone.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.size() > 0",message="must not be empty: write a pattern such as support_[a-z0-9]+, or leave the field out to permit spec.clientName alone"
	// +kubebuilder:validation:XValidation:rule="''.matches(self) ? true : true",message="must be a regular expression (RE2), such as support_[a-z0-9]+"
	// +optional
	ClientNamePattern string `json:"clientNamePattern,omitempty"`
}
