package controllers

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// content is what goes into the Secret's data.
type content struct {
	token     string
	expiresAt time.Time
	// answered is the renew request that the token answers; empty for none.
	answered string
}

// desired is the Secret as it should be: its data wholly ours, its labels and
// annotations those of others plus those of the declaration. It is built anew
// and shares nothing with what stands there now, which belongs to a cache.
func (p *pass) desired(c content) *corev1.Secret {
	next := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:      p.capability.SecretName(),
			Namespace: p.key.Namespace,
		},
		Type: v1alpha1.SecretType,
		Data: map[string][]byte{
			p.capability.TokenKey(): []byte(c.token),
			v1alpha1.ExpiresAtKey:   []byte(c.expiresAt.UTC().Format(time.RFC3339)),
		},
	}
	var present metav1.ObjectMeta
	if p.secret != nil {
		present = p.secret.ObjectMeta
		next.Immutable = p.secret.Immutable
	}
	next.OwnerReferences = ownerReferences(p.capability, present.OwnerReferences)
	labels, annotations := p.declaredMetadata()
	next.Labels = overlay(present.Labels, present.Annotations[v1alpha1.ManagedLabelsAnnotation], labels)
	next.Annotations = overlay(present.Annotations, present.Annotations[v1alpha1.ManagedAnnotationsAnnotation], annotations)
	setAnnotation(next, v1alpha1.OwnerAnnotation, p.key.Name)
	setAnnotation(next, v1alpha1.AnsweredRenewRequestAnnotation, c.answered)
	setAnnotation(next, v1alpha1.ManagedLabelsAnnotation, names(labels))
	setAnnotation(next, v1alpha1.ManagedAnnotationsAnnotation, names(annotations))
	return next
}

// owned is a Secret as it stands, but for whose it is.
func (p *pass) owned(secret *corev1.Secret) *corev1.Secret {
	next := secret.DeepCopy()
	next.OwnerReferences = ownerReferences(p.capability, next.OwnerReferences)
	metav1.SetMetaDataAnnotation(&next.ObjectMeta, v1alpha1.OwnerAnnotation, p.key.Name)
	return next
}

// declaredMetadata is what the declaration puts on the Secret. Where that is
// refused, it is what an earlier declaration has put there.
func (p *pass) declaredMetadata() (labels, annotations map[string]string) {
	labels, annotations = map[string]string{}, map[string]string{}
	if p.fault != nil && p.fault.Reason == v1alpha1.ReasonMetadataNotAllowed {
		if p.secret != nil {
			keepManaged(labels, p.secret.Labels, p.secret.Annotations[v1alpha1.ManagedLabelsAnnotation])
			keepManaged(annotations, p.secret.Annotations, p.secret.Annotations[v1alpha1.ManagedAnnotationsAnnotation])
		}
		return labels, annotations
	}
	if target := p.capability.Spec.Secret; target != nil {
		for key, value := range target.Labels {
			labels[key] = string(value)
		}
		for key, value := range target.Annotations {
			annotations[key] = string(value)
		}
	}
	return labels, annotations
}

func keepManaged(into, present map[string]string, managed string) {
	for _, key := range splitNames(managed) {
		if value, ok := present[key]; ok {
			into[key] = value
		}
	}
}

// overlay is what is present, less what was managed and is declared no more,
// plus what is declared.
func overlay(present map[string]string, managed string, declared map[string]string) map[string]string {
	next := make(map[string]string, len(present)+len(declared)+4)
	maps.Copy(next, present)
	for _, key := range splitNames(managed) {
		delete(next, key)
	}
	maps.Copy(next, declared)
	return next
}

// setAnnotation leaves no empty annotation behind.
func setAnnotation(secret *corev1.Secret, key, value string) {
	if value == "" {
		delete(secret.Annotations, key)
		return
	}
	secret.Annotations[key] = value
}

// names lists the keys, sorted, for an annotation: the same keys give the same
// text, so that nothing is rewritten without cause.
func names(m map[string]string) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ",")
}

// splitNames reads what names wrote. What an edit by hand made of it is taken
// as it is, except that nothing of the operator's own can be named.
func splitNames(list string) []string {
	if list == "" {
		return nil
	}
	return slices.DeleteFunc(strings.Split(list, ","), func(key string) bool {
		return key == "" || strings.HasPrefix(key, v1alpha1.GroupName+"/")
	})
}
