package controllers

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
	"github.com/capability-operator/capability-operator/twilio"
)

// accepted is what the condition says for each of Twilio's answers.
var accepted = map[twilio.Verdict]metav1.Condition{
	twilio.Accepted:        {Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonCredentialsAccepted},
	twilio.Refused:         {Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonCredentialsRefused},
	twilio.AccountInactive: {Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonTwilioAccountInactive},
	twilio.Unreachable:     {Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonTwilioUnreachable},
}

func credentials(account issuance.Account) twilio.Credentials {
	return twilio.Credentials{
		AccountSID: account.SID.Value,
		AuthToken:  account.AuthToken.Value,
		APIKey:     account.APIKey.Value,
		APISecret:  account.APISecret.Value,
		Region:     account.Region.Value,
	}
}

// ask has Twilio asked, and returns the status with the answer in it.
func (r *AccountReconciler) ask(ctx context.Context, p *accountPass) *v1alpha1.ClusterAccountStatus {
	answer := r.Twilio.Verify(ctx, credentials(p.account))
	p.now = r.Clock.Now()
	r.memory.asked(p.lent.Name, credentialsDigest(p.account), p.now.Add(answer.RetryAfter))
	status := p.lent.Status.DeepCopy()
	at := wholeSeconds(p.now)
	status.CredentialsCheckedAt = &at
	condition := accepted[answer.Verdict]
	condition.Type, condition.Message = v1alpha1.CredentialsAcceptedCondition, answer.Detail
	p.set(status, condition)
	return status
}

func (r *AccountReconciler) askDue(p *accountPass) bool {
	at := r.askAt(p)
	return !at.IsZero() && !at.After(p.now)
}

// askAt is when Twilio is to be asked next: as the schedule has it, at once for
// credentials that it was not asked about, and never before the time that Twilio
// itself asked for. It is zero where nobody wants to know.
func (r *AccountReconciler) askAt(p *accountPass) time.Time {
	if p.lent.Spec.Verify == nil || p.fault != nil {
		return time.Time{}
	}
	at := issuance.VerifyAt(p.lent.Spec.Verify, &p.lent.Status)
	asked, notBefore := r.memory.lastAsked(p.lent.Name)
	switch checked := p.lent.Status.CredentialsCheckedAt; {
	case at.IsZero() || asked != 0 && asked != credentialsDigest(p.account):
		at = p.now
	case asked == 0: // by another process, about what may have been other credentials
		if fresh := checked.Add(issuance.RestAsk); fresh.Before(at) {
			at = fresh
		}
	}
	if at.Before(notBefore) {
		return notBefore
	}
	return at
}
