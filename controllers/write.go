package controllers

import (
	"bytes"
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
	case issuance.Release:
		r.release(ctx, p)
		return
	case issuance.Refuse:
		r.refuse(ctx, p)
		return
	}
	if err == nil {
		err = r.removeFormer(ctx, p)
	}
	p.done = err == nil
	r.classify(p, err)
}

// refuse writes no token. The Secret's owner still follows the deletion policy:
// what the user wants to keep must not go because something else is wrong.
func (r *Reconciler) refuse(ctx context.Context, p *pass) {
	fault := p.fault
	if p.secret != nil && p.facts.Secret.Ours {
		r.classify(p, r.put(ctx, p, p.owned(p.secret)))
	}
	p.fault = fault
	if p.err == nil {
		p.err = r.doubt(ctx, p)
	}
}

// mint signs a new token and writes it.
func (r *Reconciler) mint(ctx context.Context, p *pass) error {
	token := issuance.Wanted(p.capability, p.facts.Account, p.facts.Now)
	raw, err := capability.Mint(token, issuance.SigningKey(p.capability, p.facts.Account))
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
	r.memory.wrote(p.key, token.IssuedAt, p.renewAt)
	p.minted, p.answered = p.verdict.Cause, answered
	r.memory.minted(p.key, p.minted)
	return nil
}

// put makes the Secret what it should be, with no call where it is that already.
func (r *Reconciler) put(ctx context.Context, p *pass, next *corev1.Secret) error {
	if p.secret == nil {
		return r.create(ctx, p, next)
	}
	return r.patch(ctx, p, p.secret, next)
}

func (r *Reconciler) patch(ctx context.Context, p *pass, present, next *corev1.Secret) error {
	patch, err := mergePatch(present, next)
	if err != nil || patch == nil {
		return err
	}
	if isImmutable(present) && !maps.EqualFunc(present.Data, next.Data, bytes.Equal) {
		return refusal{issuance.SecretImmutable(next.Name)}
	}
	if p.verdict.Action == issuance.Mint && p.capability.DeletionPolicy() == v1alpha1.DeletionPolicyRetain {
		// Nothing takes a retained Secret along with its object, so its version
		// alone does not tell that the object is gone.
		if err := r.confirm(ctx, p); err != nil {
			return err
		}
	}
	if err := r.pace(p); err != nil {
		return err
	}
	r.memory.expectSecret(p.key, secretDigest(next))
	target := metadataOnly(corev1.SchemeGroupVersion.WithKind("Secret"), client.ObjectKeyFromObject(next))
	err = r.Client.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldOwner))
	if err != nil && r.memory.noExpectation(p.key) {
		return errStale
	}
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		r.paced(p) // who edits so fast that no repair gets through is to hear of it
		return errStale
	}
	if err != nil {
		return fmt.Errorf("patching the Secret: %w", err)
	}
	r.memory.wroteSecret(p.key, target)
	r.paced(p)
	return nil
}

// metadataOnly is the target of a patch of whose answer the version alone is read:
// the API server then sends no more, and in protobuf for kinds of a CRD too.
func metadataOnly(kind schema.GroupVersionKind, key types.NamespacedName) *metav1.PartialObjectMetadata {
	target := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	target.SetGroupVersionKind(kind)
	return target
}

// confirm takes one look past the cache: a leader that was asleep must not
// write for an object that is gone or changed.
func (r *Reconciler) confirm(ctx context.Context, p *pass) error {
	now := &v1alpha1.ClientCapability{}
	err := r.Live.Get(ctx, p.key, now)
	switch {
	case apierrors.IsNotFound(err):
		return errStale
	case err != nil:
		return fmt.Errorf("reading the ClientCapability before writing its Secret: %w", err)
	case now.UID != p.capability.UID || now.Generation != p.capability.Generation || !now.DeletionTimestamp.IsZero():
		return errStale
	}
	return nil
}

// create writes the first Secret, for an object that is there for sure.
func (r *Reconciler) create(ctx context.Context, p *pass, next *corev1.Secret) error {
	if err := r.confirm(ctx, p); err != nil {
		return err
	}
	if err := r.pace(p); err != nil {
		return err
	}
	r.memory.expectSecret(p.key, secretDigest(next))
	err := r.Client.Create(ctx, next, client.FieldOwner(FieldOwner))
	if err != nil && r.memory.noExpectation(p.key) {
		return errStale
	}
	if apierrors.IsAlreadyExists(err) {
		return r.taken(ctx, p, next.Name)
	}
	if err != nil {
		return fmt.Errorf("creating the Secret: %w", err)
	}
	r.memory.wroteSecret(p.key, next)
	r.paced(p)
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
	for len(p.former) > 0 {
		if err := r.remove(ctx, &p.former[0]); err != nil {
			return err
		}
		p.former = p.former[1:]
	}
	return nil
}
