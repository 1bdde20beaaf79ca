package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterAccount is a Twilio account that a platform team keeps in one place
// and lends to namespaces, within limits. Application teams name it in
// spec.accountRef of their ClientCapabilities and never hold its credentials.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=cacct,categories=twilio
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="True while the account's Secret holds credentials that can sign"
// +kubebuilder:printcolumn:name="Account",type=string,JSONPath=`.status.accountSID`
// +kubebuilder:printcolumn:name="Key",type=string,JSONPath=`.status.signingKey.sid`,description="The API key that signs Access tokens"
// +kubebuilder:printcolumn:name="Accepted",type=string,JSONPath=`.status.conditions[?(@.type=="CredentialsAccepted")].status`,description="Whether Twilio accepts the credentials; asked only where spec.verify says so"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClusterAccount struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says where the credentials are, who may use them and for what.
	// +required
	Spec ClusterAccountSpec `json:"spec"`
	// status is what the operator last saw.
	// +kubebuilder:default={"observedGeneration":-1}
	// +optional
	Status ClusterAccountStatus `json:"status,omitempty"`
}

// ClusterAccountList is a list of ClusterAccounts.
//
// +kubebuilder:object:root=true
type ClusterAccountList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClusterAccount `json:"items"`
}

// ClusterAccountSpec is the platform team's declaration.
type ClusterAccountSpec struct {
	// secretRef names the Secret that holds the account's credentials. It
	// carries the label voice.capability-operator.io/account: "true".
	// +required
	SecretRef ClusterSecretReference `json:"secretRef"`

	// allowedNamespaces says whose ClientCapabilities may use this account.
	// Left out, nobody's may.
	// +optional
	AllowedNamespaces *AllowedNamespaces `json:"allowedNamespaces,omitempty"`

	// limits say what these ClientCapabilities may declare. What is left out is
	// not limited; an empty list permits nothing.
	// +optional
	Limits *Limits `json:"limits,omitempty"`

	// verify has Twilio asked, now and then, whether it accepts the
	// credentials. Left out, no call ever leaves the cluster.
	// +optional
	Verify *Verify `json:"verify,omitempty"`
}

// ClusterSecretReference names a Secret in a namespace.
type ClusterSecretReference struct {
	// namespace of the Secret.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.size() > 0 && !format.dns1123Label().validate(self).hasValue()",message="must be the name of a namespace: lower-case letters, digits and '-', such as support"
	// +required
	Namespace string `json:"namespace"`

	// name of the Secret.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.size() > 0 && !format.dns1123Subdomain().validate(self).hasValue()",message="must be the name of a Secret: lower-case letters, digits, '-' and '.', such as twilio"
	// +required
	Name string `json:"name"`

	// keys names the keys of the Secret, where they differ from the names that
	// Twilio's own tools use.
	// +optional
	Keys *AccountKeys `json:"keys,omitempty"`
}

// AllowedNamespaces is exactly one of names, selector and all.
//
// +kubebuilder:validation:XValidation:rule="[has(self.names), has(self.selector), has(self.all)].filter(set, set).size() == 1",message="must be exactly one of names, selector and all: write for instance names: [support], or leave allowedNamespaces out to allow none"
type AllowedNamespaces struct {
	// names of namespaces. An empty list allows none.
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	// +optional
	Names []NamespaceName `json:"names,omitzero"`

	// selector selects namespaces by their labels. It is as strong as whoever
	// may label namespaces.
	// +optional
	Selector *NamespaceSelector `json:"selector,omitempty"`

	// all allows every namespace, where it is true.
	// +kubebuilder:validation:XValidation:rule="self",message="must be true where it is set: write all: true, or leave allowedNamespaces out to allow none"
	// +optional
	All *bool `json:"all,omitempty"`
}

// NamespaceName is the name of a namespace.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.size() > 0 && !format.dns1123Label().validate(self).hasValue()",message="must be the name of a namespace: lower-case letters, digits and '-', such as support; patterns have no place here, use selector"
type NamespaceName string

// NamespaceSelector selects namespaces by labels, all of which must fit.
//
// +kubebuilder:validation:XValidation:rule="(has(self.matchLabels) && self.matchLabels.size() > 0) || (has(self.matchExpressions) && self.matchExpressions.size() > 0)",message="must not be empty: write the labels that an allowed namespace carries, or all: true to allow every namespace"
type NamespaceSelector struct {
	// matchLabels are labels and their values.
	// +kubebuilder:validation:MaxProperties=16
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.size() <= 317 && !format.qualifiedName().validate(k).hasValue())",message="must have names of labels as keys, such as team or example.com/team"
	// +optional
	MatchLabels map[string]LabelValue `json:"matchLabels,omitempty"`

	// matchExpressions are conditions on labels.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +optional
	MatchExpressions []NamespaceSelectorRequirement `json:"matchExpressions,omitempty"`
}

// NamespaceSelectorRequirement is one condition on a label.
//
// +kubebuilder:validation:XValidation:rule="(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",fieldPath=".values",message="must be there with operator In or NotIn, and only there: write for instance values: [support]"
type NamespaceSelectorRequirement struct {
	// key of the label.
	// +kubebuilder:validation:MaxLength=317
	// +kubebuilder:validation:XValidation:rule="self.size() > 0 && !format.qualifiedName().validate(self).hasValue()",message="must be the name of a label, such as team or example.com/team"
	// +required
	Key string `json:"key"`

	// operator is In, NotIn, Exists or DoesNotExist.
	// +required
	Operator SelectorOperator `json:"operator"`

	// values of the label, for In and NotIn.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +optional
	Values []LabelValue `json:"values,omitempty"`
}

// SelectorOperator relates a label to values.
//
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self in ['In', 'NotIn', 'Exists', 'DoesNotExist']",message="must be In, NotIn, Exists or DoesNotExist"
type SelectorOperator string

// Verify says how often Twilio is asked about the credentials.
type Verify struct {
	// interval is the time between two questions, from 5m to 168h. A change of
	// the credentials is asked about at once.
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$') || (duration(self).getSeconds() >= 300 && duration(self).getSeconds() <= 604800)",message="must be from 5m to 168h"
	// +required
	Interval Duration `json:"interval"`
}
