package controllers

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// owns reports whether the Secret is the capability's own.
func owns(c *v1alpha1.ClientCapability, secret *corev1.Secret) bool {
	return c.Owns(string(secret.Type), secret)
}

// controllerOf is metav1.GetControllerOf without its copy.
func controllerOf(secret *corev1.Secret) *metav1.OwnerReference {
	return metav1.GetControllerOfNoCopy(secret)
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
		if !v1alpha1.IsCapability(ref) || ref.Name != c.Name {
			wanted = append(wanted, ref)
		}
	}
	return wanted
}
