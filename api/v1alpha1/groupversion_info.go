package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of everything in this package.
const GroupName = "voice.capability-operator.io"

// Kind is the kind of a ClientCapability, as it stands in an ownerReference.
const Kind = "ClientCapability"

// ClusterAccountKind is the kind of a ClusterAccount.
const ClusterAccountKind = "ClusterAccount"

var (
	// GroupVersion is the group and version of the types in this package.
	GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme makes the types of this package known to a scheme.
	AddToScheme = schemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &ClientCapability{}, &ClientCapabilityList{}, &ClusterAccount{}, &ClusterAccountList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
