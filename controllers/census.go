package controllers

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	// reasonPending is the label of what no pass has been made over yet.
	reasonPending = "Pending"
	// reasonOther is the label of a reason that is none: status is open to whoever
	// has the right to write it, and labels come from a closed set.
	reasonOther = "Other"
)

// reasons are all that a condition can have.
var reasons = sets.New(
	v1alpha1.ReasonTokenValid, v1alpha1.ReasonOnDemand, v1alpha1.ReasonSuspended, v1alpha1.ReasonTokenExpired,
	v1alpha1.ReasonAccountNotFound, v1alpha1.ReasonAccountKeyMissing, v1alpha1.ReasonAccountMalformed, v1alpha1.ReasonRegionNotSupported,
	v1alpha1.ReasonAccountNotReady, v1alpha1.ReasonClusterAccountsOff, v1alpha1.ReasonNamespaceNotAllowed, v1alpha1.ReasonOutsideLimits,
	v1alpha1.ReasonDeclarationInvalid, v1alpha1.ReasonMetadataNotAllowed, v1alpha1.ReasonSecretNotOwned, v1alpha1.ReasonSecretImmutable,
	v1alpha1.ReasonSecretContested, v1alpha1.ReasonClockSkewed, v1alpha1.ReasonQuotaExceeded, v1alpha1.ReasonAdmissionDenied,
	v1alpha1.ReasonNotPermitted, v1alpha1.ReasonWriteFailed,
	v1alpha1.ReasonCredentialsValid, v1alpha1.ReasonLimitsInvalid, v1alpha1.ReasonCredentialsAccepted, v1alpha1.ReasonCredentialsRefused,
	v1alpha1.ReasonTwilioAccountInactive, v1alpha1.ReasonTwilioUnreachable,
)

func reasonLabel(condition *metav1.Condition) string {
	switch {
	case condition == nil:
		return reasonPending
	case reasons.Has(condition.Reason):
		return condition.Reason
	}
	return reasonOther
}

// readyReason is Suspended of all that is. Ready itself says TokenExpired once the
// token's time is over, and what was meant to happen would look like what was not.
func readyReason(c *v1alpha1.ClientCapability, ready *metav1.Condition) string {
	if c.Spec.Suspend && ready != nil {
		return v1alpha1.ReasonSuspended
	}
	return reasonLabel(ready)
}

// readiness is one state that ClientCapabilities are counted by.
type readiness struct{ status, reason string }

// census is how many there are of each.
type census struct {
	ready          map[readiness]int
	failing, users map[string]int
}

func (n census) add(c *v1alpha1.ClientCapability) {
	ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ReadyCondition)
	n.ready[readiness{statusLabel(ready), readyReason(c, ready)}]++
	if failing := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.RenewalFailingCondition); isTrue(failing) {
		n.failing[reasonLabel(failing)]++
	}
	if ref := &c.Spec.AccountRef; ref.IsClusterAccount() {
		n.users[ref.Name]++
	}
}

func (n census) tell(out chan<- prometheus.Metric) {
	for state, count := range n.ready {
		gauge(out, capabilitiesDesc, float64(count), state.status, state.reason)
	}
	for reason, count := range n.failing {
		gauge(out, renewalFailingDesc, float64(count), reason)
	}
}

func isTrue(condition *metav1.Condition) bool {
	return condition != nil && condition.Status == metav1.ConditionTrue
}

// statusLabel is Unknown of what no pass has been made over yet.
func statusLabel(condition *metav1.Condition) string {
	if condition != nil && (condition.Status == metav1.ConditionTrue || condition.Status == metav1.ConditionFalse) {
		return string(condition.Status)
	}
	return string(metav1.ConditionUnknown)
}

// collect tells how accounts fare; of one that no pass has been made over yet
// there is nothing to tell.
func (l lentAccounts) collect(ctx context.Context, out chan<- prometheus.Metric) {
	all := &v1alpha1.ClusterAccountList{}
	if err := l.accounts.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return
	}
	for i := range all.Items {
		lent := &all.Items[i]
		for desc, kind := range map[*prometheus.Desc]string{
			accountReadyDesc: v1alpha1.ReadyCondition, accountAcceptedDesc: v1alpha1.CredentialsAcceptedCondition,
		} {
			condition := meta.FindStatusCondition(lent.Status.Conditions, kind)
			if condition == nil {
				continue
			}
			value := 0.0
			if isTrue(condition) {
				value = 1
			}
			gauge(out, desc, value, lent.Name, reasonLabel(condition))
		}
	}
}
