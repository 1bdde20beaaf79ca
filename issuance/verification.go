package issuance

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	// firstAsk is the first wait after a question that Twilio gave no answer to.
	firstAsk = time.Minute
	// RestAsk is how old an answer may be at the most that a process takes from
	// status when it begins: it can't tell whether the credentials are still
	// those that Twilio was asked about. It is also the shortest
	// spec.verify.interval, so that even one process after another asks no
	// more often than somebody may wish for.
	RestAsk = 5 * time.Minute
)

// VerifyAt is when Twilio is to be asked next about an account's credentials, as
// far as status tells. While it gives no answer the waits double, from a minute
// on, up to the interval.
func VerifyAt(verify *v1alpha1.Verify, status *v1alpha1.ClusterAccountStatus) time.Time {
	answer := meta.FindStatusCondition(status.Conditions, v1alpha1.CredentialsAcceptedCondition)
	if answer == nil || status.CredentialsCheckedAt == nil {
		return time.Time{}
	}
	asked, wait := status.CredentialsCheckedAt.Time, verify.Interval.Value()
	if answer.Status == metav1.ConditionUnknown {
		wait = min(max(asked.Sub(answer.LastTransitionTime.Time), firstAsk), wait)
	}
	return asked.Add(wait)
}
