package controllers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// report writes the status where it changed, and only then tells of it in
// events and metrics. A decision on stale facts, and a namespace on its way
// out, are nothing to report.
func (r *Reconciler) report(ctx context.Context, p *pass) {
	if errors.Is(p.err, errStale) || errors.Is(p.err, errTerminating) {
		return
	}
	now := r.Clock.Now()
	status := p.status(now)
	r.count(p, now)
	if !equality.Semantic.DeepEqual(status, p.capability.Status) {
		if err := r.writeStatus(ctx, p, status); err != nil {
			if p.err == nil {
				p.err = err
			}
			return
		}
	}
	r.tell(p)
}

// statusPatch names every member, so that one that is gone is null and goes.
type statusPatch struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Status struct {
		ObservedGeneration int64              `json:"observedGeneration"`
		SecretName         *string            `json:"secretName"`
		AccountSID         *string            `json:"accountSID"`
		Token              *tokenPatch        `json:"token"`
		LastRenewRequest   *metav1.Time       `json:"lastRenewRequest"`
		Conditions         []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

type tokenPatch struct {
	IssuedAt  metav1.Time  `json:"issuedAt"`
	ExpiresAt metav1.Time  `json:"expiresAt"`
	RenewsAt  *metav1.Time `json:"renewsAt"`
	SignedBy  *string      `json:"signedBy"`
}

// writeStatus patches the status of the version that the pass was made on.
func (r *Reconciler) writeStatus(ctx context.Context, p *pass, status v1alpha1.ClientCapabilityStatus) error {
	var patch statusPatch
	patch.Metadata.ResourceVersion = p.capability.ResourceVersion
	patch.Status.ObservedGeneration = status.ObservedGeneration
	patch.Status.SecretName = orNull(status.SecretName)
	patch.Status.AccountSID = orNull(status.AccountSID)
	patch.Status.LastRenewRequest = status.LastRenewRequest
	patch.Status.Conditions = status.Conditions
	if t := status.Token; t != nil {
		patch.Status.Token = &tokenPatch{IssuedAt: t.IssuedAt, ExpiresAt: t.ExpiresAt, RenewsAt: t.RenewsAt, SignedBy: orNull(t.SignedBy)}
	}
	raw, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("encoding the status: %w", err)
	}
	r.memory.expectStatus(p.key, statusDigest(status))
	target := metadataOnly(v1alpha1.GroupVersion.WithKind("ClientCapability"), p.key)
	err = r.Client.Status().Patch(ctx, target, client.RawPatch(types.MergePatchType, raw), client.FieldOwner(FieldOwner))
	if err != nil {
		r.memory.expectStatus(p.key, 0) // it may have taken effect: then that is news
	}
	switch {
	case apierrors.IsConflict(err), apierrors.IsNotFound(err):
		return errStale
	case err != nil:
		return fmt.Errorf("writing the status: %w", err)
	}
	r.memory.wroteStatus(p.key, target.ResourceVersion)
	return nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// status is what the pass has to say, on top of what was said before.
func (p *pass) status(now time.Time) v1alpha1.ClientCapabilityStatus {
	before := &p.capability.Status
	status := v1alpha1.ClientCapabilityStatus{
		ObservedGeneration: p.capability.Generation,
		SecretName:         before.SecretName,
		LastRenewRequest:   requestTime(p.answered),
		Conditions:         p.conditions(now),
	}
	if p.capability.IsOnDemand() {
		status.SecretName, status.AccountSID = p.released(), p.verdict.AccountSID
		return status
	}
	if (p.facts.Secret != nil && p.facts.Secret.Ours || p.done) && len(p.former) == 0 {
		// Until the new Secret is there and the former one is gone, status goes
		// on naming that: by its name it is found and removed.
		status.SecretName = p.capability.SecretName()
	}
	if p.token == nil {
		return status
	}
	status.AccountSID = p.token.AccountSID
	status.Token = &v1alpha1.TokenStatus{
		IssuedAt:  wholeSeconds(p.token.IssuedAt),
		ExpiresAt: wholeSeconds(p.token.ExpiresAt),
		SignedBy:  cmp.Or(p.token.KeySID, p.token.AccountSID),
	}
	if !p.capability.Spec.Suspend {
		renews := wholeSeconds(p.renewAt)
		status.Token.RenewsAt = &renews
	}
	return status
}

func wholeSeconds(t time.Time) metav1.Time { return metav1.NewTime(t.Truncate(time.Second)) }

// requestTime reads an answered renew request; one that was edited by hand
// beyond reading is none.
func requestTime(answered string) *metav1.Time {
	at, err := time.Parse(time.RFC3339, answered)
	if err != nil {
		return nil
	}
	t := wholeSeconds(at)
	return &t
}
