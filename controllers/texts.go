package controllers

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// texts are those that stand in almost every object. Decoded, each object has a
// copy of its own, which would be a tenth of what the cache takes.
var texts = func(known ...string) map[string]string {
	texts := make(map[string]string, len(known))
	for _, text := range known {
		texts[text] = text
	}
	return texts
}(
	v1alpha1.GroupVersion.String(), v1alpha1.Kind, v1alpha1.ClusterAccountKind, string(v1alpha1.SecretType), "Secret",
	v1alpha1.OwnerAnnotation, v1alpha1.AnsweredRenewRequestAnnotation, v1alpha1.RenewRequestedAtAnnotation,
	v1alpha1.ManagedLabelsAnnotation, v1alpha1.ManagedAnnotationsAnnotation,
	v1alpha1.DefaultTokenKey, v1alpha1.ExpiresAtKey,
	v1alpha1.ReadyCondition, v1alpha1.RenewalFailingCondition, v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition,
	string(metav1.ConditionTrue), string(metav1.ConditionFalse),
	v1alpha1.ReasonTokenValid, v1alpha1.ReasonOnDemand, v1alpha1.ReasonSuspended, messageValid, messageOnDemand,
)

// shared is the text itself, from the one copy where there is one.
func shared(text string) string {
	if one, ok := texts[text]; ok {
		return one
	}
	return text
}

func shareTexts(c *v1alpha1.ClientCapability) {
	c.APIVersion, c.Kind = shared(c.APIVersion), shared(c.Kind)
	for i := range c.Status.Conditions {
		condition := &c.Status.Conditions[i]
		condition.Type, condition.Status = shared(condition.Type), metav1.ConditionStatus(shared(string(condition.Status)))
		condition.Reason, condition.Message = shared(condition.Reason), shared(condition.Message)
	}
	if c.Status.SecretName == c.Name {
		c.Status.SecretName = c.Name
	}
	if token := c.Status.Token; token != nil && token.SignedBy == c.Status.AccountSID {
		token.SignedBy = c.Status.AccountSID
	}
}

func shareSecretTexts(secret *corev1.Secret) {
	secret.Type = corev1.SecretType(shared(string(secret.Type)))
	for i := range secret.OwnerReferences {
		ref := &secret.OwnerReferences[i]
		ref.APIVersion, ref.Kind = shared(ref.APIVersion), shared(ref.Kind)
		if ref.Name == secret.Name {
			ref.Name = secret.Name
		}
	}
	for key, value := range secret.Annotations {
		if value == secret.Name {
			secret.Annotations[key] = secret.Name
		}
	}
	secret.Annotations, secret.Data = withSharedKeys(secret.Annotations), withSharedKeys(secret.Data)
}

// withSharedKeys is a map made anew: an assignment keeps the key that is there.
func withSharedKeys[V any](m map[string]V) map[string]V {
	if m == nil {
		return nil
	}
	next := make(map[string]V, len(m))
	for key, value := range m {
		next[shared(key)] = value
	}
	return next
}
