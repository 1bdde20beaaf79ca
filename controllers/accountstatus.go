package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

const messageAccountReady = "The account's Secret holds credentials of the right form."

// status is what the pass has to say without asking Twilio. While the Secret
// can't be used, what signed last stays: its tokens are still about.
func (r *AccountReconciler) status(p *accountPass) *v1alpha1.ClusterAccountStatus {
	status := p.lent.Status.DeepCopy()
	status.ObservedGeneration = p.lent.Generation
	if p.fault == nil {
		changed := r.memory.authTokenChanged(p.lent.Name, p.account.AuthToken.Value)
		status.AccountSID = p.account.SID.Value
		status.PreviousKey = issuance.PreviousKey(&p.lent.Status, p.account, changed, p.lent.Spec.Limits, p.now)
		status.SigningKey = issuance.SigningKeyOf(p.account)
	}
	if p.lent.Spec.Verify == nil || p.fault != nil {
		// Nobody wants to know, or there is nothing to ask with.
		meta.RemoveStatusCondition(&status.Conditions, v1alpha1.CredentialsAcceptedCondition)
		status.CredentialsCheckedAt = nil
	}
	p.setConditions(status)
	return status
}

func (p *accountPass) setConditions(status *v1alpha1.ClusterAccountStatus) {
	meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ReconcilingCondition)
	meta.RemoveStatusCondition(&status.Conditions, v1alpha1.StalledCondition)
	if p.fault == nil {
		p.set(status, metav1.Condition{
			Type: v1alpha1.ReadyCondition, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonCredentialsValid, Message: messageAccountReady,
		})
		return
	}
	abnormal := v1alpha1.StalledCondition
	if p.fault.Waiting {
		abnormal = v1alpha1.ReconcilingCondition
	}
	p.set(status, metav1.Condition{
		Type: v1alpha1.ReadyCondition, Status: metav1.ConditionFalse, Reason: p.fault.Reason, Message: p.fault.Message,
	})
	p.set(status, metav1.Condition{Type: abnormal, Status: metav1.ConditionTrue, Reason: p.fault.Reason, Message: p.fault.Message})
}

// set keeps the time of the last transition where nothing turned.
func (p *accountPass) set(status *v1alpha1.ClusterAccountStatus, condition metav1.Condition) {
	condition.ObservedGeneration = p.lent.Generation
	condition.LastTransitionTime = wholeSeconds(p.now)
	if before := meta.FindStatusCondition(p.lent.Status.Conditions, condition.Type); before != nil && before.Status == condition.Status {
		condition.LastTransitionTime = before.LastTransitionTime
	}
	meta.SetStatusCondition(&status.Conditions, condition)
}

// report writes the status where it changed, and then tells of what turned. The
// pass goes on with the object as it is afterwards.
func (r *AccountReconciler) report(ctx context.Context, p *accountPass, status *v1alpha1.ClusterAccountStatus) error {
	before := p.lent
	if !equality.Semantic.DeepEqual(status, &before.Status) {
		next := before.DeepCopy()
		next.Status = *status
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := r.Client.Status().Patch(ctx, next, patch, client.FieldOwner(FieldOwner)); err != nil {
			return fmt.Errorf("writing the status: %w", err)
		}
		next.Status = *status // not what the API server makes of it: this pass compares with what it wrote
		p.lent = next
	}
	r.memory.seen(p.lent.Name, p.account.AuthToken.Value, p.fault == nil)
	for _, kind := range []string{v1alpha1.ReadyCondition, v1alpha1.CredentialsAcceptedCondition} {
		r.tell(p, meta.FindStatusCondition(before.Status.Conditions, kind), meta.FindStatusCondition(status.Conditions, kind))
	}
	return nil
}

// tell records an event where a condition has turned to False, or to another
// reason for it.
func (r *AccountReconciler) tell(p *accountPass, was, is *metav1.Condition) {
	if is == nil || is.Status != metav1.ConditionFalse || was != nil && was.Status == is.Status && was.Reason == is.Reason {
		return
	}
	r.Recorder.Eventf(p.lent, nil, corev1.EventTypeWarning, is.Reason, "Lend", "%s", is.Message)
}
