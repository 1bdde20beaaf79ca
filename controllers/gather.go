package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// gather collects the facts about one ClientCapability. It returns nil for an
// object that is gone, and for one that is being deleted: whatever holds it
// back, nothing of it is made again.
func (r *Reconciler) gather(ctx context.Context, key types.NamespacedName) (*pass, error) {
	p := &pass{key: key, capability: &v1alpha1.ClientCapability{}}
	reader, live := r.Reader, r.memory.lagging(key)
	if live {
		reader = r.Live
	}
	if err := reader.Get(ctx, key, p.capability); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("reading the ClientCapability: %w", err)
	}
	if !p.capability.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	switch version := p.capability.ResourceVersion; {
	case live:
		r.memory.wroteStatus(key, version)
	case r.memory.precedesStatus(key, version):
		return nil, errStale
	}
	if err := r.gatherSecrets(ctx, reader, live, p); err != nil {
		return nil, err
	}
	account, err := r.Accounts.Find(ctx, key.Namespace, p.capability.Spec.AccountRef)
	if err != nil {
		return nil, err
	}
	p.facts = issuance.Facts{
		Capability:      p.capability,
		Account:         account,
		Secret:          secretFacts(p.capability, p.secret),
		AllowedPrefixes: r.AllowedPrefixes,
		Now:             r.Clock.Now(),
		ServerTime:      r.ServerTime.Passed(),
	}
	return p, nil
}

func (r *Reconciler) gatherSecrets(ctx context.Context, reader client.Reader, live bool, p *pass) error {
	wanted := types.NamespacedName{Namespace: p.key.Namespace, Name: p.capability.SecretName()}
	if p.capability.IsOnDemand() {
		// A Secret that the cache does not have yet is news when it comes, and not
		// an echo: it is to go again.
		r.memory.expectSecret(p.key, 0)
	}
	secret, err := getSecret(ctx, reader, wanted)
	if err != nil {
		return err
	}
	if secret == nil && unseen(p.capability) {
		if secret, err = getSecret(ctx, r.Live, wanted); err != nil {
			return err
		}
	}
	switch {
	case secret == nil:
	case live:
		r.memory.wroteSecret(p.key, secret) // also where a restored API server counts from an earlier version on
	case r.memory.isOutdated(p.key, secret):
		return errStale
	}
	p.secret = secret
	if settled(p.capability) {
		return nil
	}
	return r.gatherFormer(ctx, p, wanted.Name)
}

// settled reports whether status says that all was done that this declaration
// asks for: then no Secret is left behind under a former name.
func settled(c *v1alpha1.ClientCapability) bool {
	for _, kind := range []string{v1alpha1.RenewalFailingCondition, v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition} {
		if meta.FindStatusCondition(c.Status.Conditions, kind) != nil {
			return false
		}
	}
	secret := c.SecretName()
	if c.IsOnDemand() {
		secret = ""
	}
	return c.Status.ObservedGeneration == c.Generation && c.Status.SecretName == secret
}

// gatherFormer looks for Secrets that a change of spec.secret.name left
// behind: those that this very object controls, and the one that status names.
func (r *Reconciler) gatherFormer(ctx context.Context, p *pass, wanted string) error {
	list := &corev1.SecretList{}
	err := r.Reader.List(ctx, list, client.InNamespace(p.key.Namespace),
		client.MatchingFields{controllerUIDIndex: string(p.capability.UID)})
	if err != nil {
		return fmt.Errorf("listing the capability's Secrets: %w", err)
	}
	for _, secret := range list.Items {
		if secret.Name != wanted {
			p.former = append(p.former, secret)
		}
	}
	if err := r.gatherNamesake(ctx, p, wanted); err != nil {
		return err
	}
	named := p.capability.Status.SecretName
	if named == "" || named == wanted {
		return nil
	}
	secret, err := getSecret(ctx, r.Reader, types.NamespacedName{Namespace: p.key.Namespace, Name: named})
	if err != nil {
		return err
	}
	if secret != nil && controllerOf(secret) == nil && owns(p.capability, secret) {
		p.former = append(p.former, *secret)
	}
	return nil
}

// gatherNamesake looks at the Secret of the object's own name, which is in no index.
func (r *Reconciler) gatherNamesake(ctx context.Context, p *pass, wanted string) error {
	if p.key.Name == wanted {
		return nil
	}
	secret, err := getSecret(ctx, r.Reader, p.key)
	if err != nil {
		return err
	}
	if secret != nil {
		if ref := controllerOf(secret); ref != nil && ref.UID == p.capability.UID {
			p.former = append(p.former, *secret)
		}
	}
	return nil
}

func getSecret(ctx context.Context, reader client.Reader, key types.NamespacedName) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := reader.Get(ctx, key, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the token's Secret: %w", err)
	}
	return secret, nil
}

// unseen reports whether, by what status says, there is a Secret that the cache
// does not show: what took the name is of another type, so no watch shows it; and
// a Secret that is to be gone must not be missed because it has just been made.
func unseen(c *v1alpha1.ClientCapability) bool {
	if c.IsOnDemand() {
		return c.Status.SecretName == c.SecretName()
	}
	return hasReason(c, v1alpha1.ReadyCondition, v1alpha1.ReasonSecretNotOwned)
}

// hasReason reports whether a condition is there and gives the reason.
func hasReason(c *v1alpha1.ClientCapability, kind, reason string) bool {
	condition := meta.FindStatusCondition(c.Status.Conditions, kind)
	return condition != nil && condition.Reason == reason
}

func secretFacts(c *v1alpha1.ClientCapability, secret *corev1.Secret) *issuance.Secret {
	if secret == nil {
		return nil
	}
	if !owns(c, secret) {
		return &issuance.Secret{} // nothing of another's Secret is looked at
	}
	return &issuance.Secret{
		Ours:                 true,
		Immutable:            isImmutable(secret),
		Token:                string(secret.Data[c.TokenKey()]),
		AnsweredRenewRequest: secret.Annotations[v1alpha1.AnsweredRenewRequestAnnotation],
	}
}

func isImmutable(secret *corev1.Secret) bool { return secret.Immutable != nil && *secret.Immutable }
