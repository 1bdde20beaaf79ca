package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Owns reports whether a Secret in the same namespace is the capability's own: of
// the token type, and controlled by an object of this group, kind and name; or
// controlled by nothing and annotated with the name. Another UID in the
// ownerReference is an earlier incarnation of the object, whose Secret is taken up
// again.
func (c *ClientCapability) Owns(secretType string, secret metav1.Object) bool {
	return secretType == SecretType && OwnerName(secret) == c.Name
}

// OwnerName is the name of the ClientCapability that a Secret of the token type
// belongs to; empty where it belongs to none.
func OwnerName(secret metav1.Object) string {
	controller := metav1.GetControllerOfNoCopy(secret)
	if controller == nil {
		return secret.GetAnnotations()[OwnerAnnotation]
	}
	if IsCapability(*controller) {
		return controller.Name
	}
	return ""
}

// IsCapability reports whether the reference is to a ClientCapability. It looks at
// the group and not at the version, which may move on.
func IsCapability(ref metav1.OwnerReference) bool {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	return err == nil && gv.Group == GroupName && ref.Kind == Kind
}
