package controllers

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// doubt makes the one call that tells whether a refusal is what it looks like.
func (r *Reconciler) doubt(ctx context.Context, p *pass) error {
	switch {
	case p.fault.Reason == v1alpha1.ReasonAccountNotFound && !saidBefore(p.capability, p.fault.Reason):
		// Where a namespace is being deleted, the account may go first.
		if r.terminating(ctx, p) {
			return errTerminating
		}
	case p.fault.Reason == v1alpha1.ReasonClockSkewed:
		// Every answer tells the API server's time. Without this call there may
		// be none, and the server's clock be right again unheard. What it
		// returns does not matter.
		_ = r.Live.Get(ctx, p.key, &v1alpha1.ClientCapability{})
	}
	return nil
}

// terminating asks for a Secret without making one: a namespace that is being
// deleted says so, and reading the namespace would take one more permission.
func (r *Reconciler) terminating(ctx context.Context, p *pass) bool {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.key.Namespace, Name: p.capability.SecretName()},
		Type:       v1alpha1.SecretType,
	}
	err := r.Client.Create(ctx, secret, client.DryRunAll, client.FieldOwner(FieldOwner))
	return apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause)
}
