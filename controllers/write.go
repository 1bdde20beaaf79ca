package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// write carries out the verdict and notes in the pass what came of it. The new
// Secret is there before a former one goes.
func (r *Reconciler) write(ctx context.Context, p *pass) {
	v := p.verdict
	p.token, p.renewAt, p.fault = v.Held, v.RenewAt, v.Fault
	if p.secret != nil && p.facts.Secret.Ours {
		p.answered = p.facts.Secret.AnsweredRenewRequest
	}
	var err error
	switch v.Action {
	case issuance.Keep:
		err = r.put(ctx, p, p.desired(content{token: p.facts.Secret.Token, expiresAt: v.Held.ExpiresAt, answered: p.answered}))
	case issuance.Mint:
		err = r.mint(ctx, p)
	case issuance.Refuse:
		return
	}
	if err == nil {
		err = r.removeFormer(ctx, p)
	}
	p.done = err == nil
	r.classify(p, err)
}

// mint signs a new token and writes it.
func (r *Reconciler) mint(ctx context.Context, p *pass) error {
	token := issuance.Wanted(p.capability, p.facts.Account, p.facts.Now)
	raw, err := capability.Mint(token, p.facts.Account.AuthToken.Value)
	if err != nil {
		return fmt.Errorf("signing the token: %w", err)
	}
	answered := p.answered
	if p.verdict.RenewRequest != "" {
		answered = p.verdict.RenewRequest
	}
	if err := r.put(ctx, p, p.desired(content{token: raw, expiresAt: token.ExpiresAt, answered: answered})); err != nil {
		return err
	}
	p.token, p.renewAt = &token, issuance.RenewAt(p.capability, token)
	p.minted, p.answered = p.verdict.Cause, answered
	return nil
}

// put makes the Secret what it should be, with no call where it is that already.
func (r *Reconciler) put(ctx context.Context, p *pass, next *corev1.Secret) error {
	if p.secret == nil {
		return r.create(ctx, p, next)
	}
	patch, err := mergePatch(p.secret, next)
	if err != nil || patch == nil {
		return err
	}
	if err := r.pace(p); err != nil {
		return err
	}
	r.memory.expectSecret(p.key, secretDigest(next))
	target := &corev1.Secret{}
	target.Namespace, target.Name = next.Namespace, next.Name
	err = r.Client.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldOwner))
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return errStale
	}
	if err != nil {
		return fmt.Errorf("patching the Secret: %w", err)
	}
	return nil
}

// create writes the first Secret, after one look past the cache: a leader that
// was asleep must not make a Secret for an object that is gone or changed.
func (r *Reconciler) create(ctx context.Context, p *pass, next *corev1.Secret) error {
	now := &v1alpha1.ClientCapability{}
	err := r.Live.Get(ctx, p.key, now)
	switch {
	case apierrors.IsNotFound(err):
		return errStale
	case err != nil:
		return fmt.Errorf("reading the ClientCapability before creating its Secret: %w", err)
	case now.UID != p.capability.UID || now.Generation != p.capability.Generation || !now.DeletionTimestamp.IsZero():
		return errStale
	}
	if err := r.pace(p); err != nil {
		return err
	}
	r.memory.expectSecret(p.key, secretDigest(next))
	err = r.Client.Create(ctx, next, client.FieldOwner(FieldOwner))
	if apierrors.IsAlreadyExists(err) {
		return r.taken(ctx, p, next.Name)
	}
	if err != nil {
		return fmt.Errorf("creating the Secret: %w", err)
	}
	return nil
}

// pace holds a repair back where somebody else changes the Secret faster than
// is worth mending.
func (r *Reconciler) pace(p *pass) error {
	if !p.repairs() {
		return nil
	}
	if !r.memory.mayRepair(p.key, p.facts.Now) {
		return refusal{issuance.Contested(p.capability.SecretName())}
	}
	r.memory.repaired(p.key, p.facts.Now)
	return nil
}

// taken looks at what stands under the wanted name though no watch shows it:
// a Secret of another type, or one of ours that the cache does not have yet.
func (r *Reconciler) taken(ctx context.Context, p *pass, name string) error {
	there, err := getSecret(ctx, r.Live, types.NamespacedName{Namespace: p.key.Namespace, Name: name})
	switch {
	case err != nil:
		return err
	case there == nil || owns(p.capability, there):
		return errStale
	}
	return refusal{issuance.SecretNotOwned(name)}
}

// removeFormer deletes the Secrets that the declaration has moved away from.
func (r *Reconciler) removeFormer(ctx context.Context, p *pass) error {
	if p.fault != nil {
		return nil
	}
	for i := range p.former {
		former := &p.former[i]
		err := r.Client.Delete(ctx, former, client.Preconditions{UID: &former.UID, ResourceVersion: &former.ResourceVersion})
		switch {
		case apierrors.IsNotFound(err):
		case apierrors.IsConflict(err):
			return errStale
		case err != nil:
			return fmt.Errorf("deleting the Secret of the former name: %w", err)
		}
	}
	return nil
}
