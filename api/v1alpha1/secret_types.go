package v1alpha1

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
