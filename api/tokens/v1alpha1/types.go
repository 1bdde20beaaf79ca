package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TokenRequest asks for a token of a ClientCapability. Its name and namespace are
// those of the ClientCapability, as the path has them.
//
// +kubebuilder:object:root=true
type TokenRequest struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is asked for. Left out, all is as declared.
	// +optional
	Spec TokenRequestSpec `json:"spec,omitempty"`
	// status is the answer.
	// +optional
	Status TokenRequestStatus `json:"status,omitempty"`
}

// TokenRequestSpec is what is asked for.
type TokenRequestSpec struct {
	// ttl is how long the token is to live, such as 5s, and no longer than the
	// spec.ttl of the ClientCapability, which it is where it is left out.
	// +optional
	TTL string `json:"ttl,omitempty"`

	// clientName is who the client is to be: the clientName of the
	// ClientCapability, which it is where it is left out, or a name that its
	// spec.onDemand.clientNamePattern matches.
	// +optional
	ClientName string `json:"clientName,omitempty"`
}

// TokenRequestStatus is the answer.
type TokenRequestStatus struct {
	// token is the signed token.
	Token string `json:"token"`

	// expiresAt is when it expires, to the second.
	ExpiresAt metav1.Time `json:"expiresAt"`
}
