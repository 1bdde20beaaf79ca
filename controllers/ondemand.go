package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// release carries out what is declared of a capability whose tokens are asked
// for: it has no Secret. As long as one is left, and as long as no request would
// be granted, the declaration is not fulfilled.
func (r *Reconciler) release(ctx context.Context, p *pass) {
	p.answered = "" // by a token that nobody renews any more
	r.classify(p, r.releaseSecrets(ctx, p))
	if p.err == nil && p.fault != nil {
		p.err = r.doubt(ctx, p)
	}
	p.done = p.err == nil && p.fault == nil
}

// releaseSecrets gives up the Secrets that the capability had under this name and
// under former ones.
func (r *Reconciler) releaseSecrets(ctx context.Context, p *pass) error {
	for len(p.former) > 0 {
		if err := r.giveUp(ctx, p, &p.former[0]); err != nil {
			return err
		}
		p.former = p.former[1:]
	}
	if p.secret == nil || !p.facts.Secret.Ours {
		return nil
	}
	if err := r.giveUp(ctx, p, p.secret); err != nil {
		return err
	}
	if len(p.secret.Finalizers) == 0 || p.capability.DeletionPolicy() == v1alpha1.DeletionPolicyRetain {
		p.secret = nil
	}
	return nil
}

// giveUp deletes one of the capability's own Secrets, or leaves it, as a retained
// one, to whoever wants it.
func (r *Reconciler) giveUp(ctx context.Context, p *pass, secret *corev1.Secret) error {
	if p.capability.DeletionPolicy() == v1alpha1.DeletionPolicyRetain {
		return r.patch(ctx, p, secret, p.owned(secret))
	}
	if !secret.DeletionTimestamp.IsZero() {
		return nil // on its way out; what holds it back is not ours to end
	}
	if err := r.pace(p); err != nil {
		return err
	}
	// What is deleted can't be put back, so a leader that was asleep looks first.
	if err := r.confirm(ctx, p); err != nil {
		return err
	}
	err := r.remove(ctx, secret)
	if err != nil && !errors.Is(err, errStale) {
		return err
	}
	r.paced(p)
	if err == nil {
		r.memory.removed(p.key, secret.Name)
	}
	return err
}

// remove deletes a Secret as it was read, or not at all.
func (r *Reconciler) remove(ctx context.Context, secret *corev1.Secret) error {
	err := r.Client.Delete(ctx, secret, client.Preconditions{UID: &secret.UID, ResourceVersion: &secret.ResourceVersion})
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case apierrors.IsConflict(err):
		return errStale
	case err != nil:
		return fmt.Errorf("deleting the Secret %s: %w", secret.Name, err)
	}
	return nil
}

// released is what status says of the Secret of a capability whose tokens are
// asked for: the name of one that is still there; by it, it is found and removed.
func (p *pass) released() string {
	switch {
	case p.secret != nil && p.facts.Secret.Ours:
		return cmp.Or(p.capability.Status.SecretName, p.secret.Name)
	case len(p.former) > 0:
		return cmp.Or(p.capability.Status.SecretName, p.former[0].Name)
	}
	return ""
}
