package controllers

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// owns reports whether the Secret is the capability's own: of the token type,
// and controlled by an object of this group, kind and name; or controlled by
// nothing and annotated with the name. Another UID in the ownerReference is an
// earlier incarnation of the object, whose Secret is taken up again.
func owns(c *v1alpha1.ClientCapability, secret *corev1.Secret) bool {
	if secret.Type != v1alpha1.SecretType {
		return false
	}
	return ownerName(secret) == c.Name
}

// ownerName is the name of the ClientCapability that a Secret of the token
// type belongs to; empty where it belongs to none.
func ownerName(secret *corev1.Secret) string {
	controller := controllerOf(secret)
	if controller == nil {
		return secret.Annotations[v1alpha1.OwnerAnnotation]
	}
	if isCapability(*controller) {
		return controller.Name
	}
	return ""
}

// controllerOf is metav1.GetControllerOf without its copy.
func controllerOf(secret *corev1.Secret) *metav1.OwnerReference {
	return metav1.GetControllerOfNoCopy(secret)
}

// isCapability looks at the group and not at the version, which may move on.
func isCapability(ref metav1.OwnerReference) bool {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	return err == nil && gv.Group == v1alpha1.GroupName && ref.Kind == v1alpha1.Kind
}

// ownerReferences are the references that the Secret should have: the
// capability's own where garbage collection is to remove the Secret with it,
// and whatever others put there.
func ownerReferences(c *v1alpha1.ClientCapability, present []metav1.OwnerReference) []metav1.OwnerReference {
	var wanted []metav1.OwnerReference
	if c.DeletionPolicy() == v1alpha1.DeletionPolicyDelete {
		wanted = append(wanted, metav1.OwnerReference{
			APIVersion: v1alpha1.GroupVersion.String(),
			Kind:       v1alpha1.Kind,
			Name:       c.Name,
			UID:        c.UID,
			Controller: new(true),
			// True would need the permission to set finalizers on OpenShift.
			BlockOwnerDeletion: new(false),
		})
	}
	for _, ref := range present {
		if !isCapability(ref) || ref.Name != c.Name {
			wanted = append(wanted, ref)
		}
	}
	return wanted
}
