package controllers

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// refusal is a write that was refused for something a user has to mend.
type refusal struct{ fault *issuance.Fault }

func (r refusal) Error() string { return r.fault.Message }

// classify notes in the pass what an error of a write means: a fault that a
// user has to mend, a decision on stale facts, or a failed call.
func (r *Reconciler) classify(p *pass, err error) {
	var refused refusal
	switch {
	case err == nil:
	case errors.As(err, &refused):
		p.fault = refused.fault
	case errors.Is(err, errStale), errors.Is(err, errTerminating):
		p.err = err
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		p.err = errTerminating
	default:
		if fault := refusedBy(err); fault != nil {
			p.fault = fault
			return
		}
		p.err = err
	}
}

// The API server says in words alone who refused: the quota, the operator's
// RBAC, and admission all answer 403, and a webhook answers as it likes.
var (
	quotaExceeded  = regexp.MustCompile(`exceeded quota: ([a-z0-9.-]+)`)
	deniedByRBAC   = regexp.MustCompile(`cannot (get|list|create|patch|delete) resource "([a-z]+)"`)
	deniedByPolicy = regexp.MustCompile(`ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request`)
	deniedByHook   = regexp.MustCompile(`admission webhook "([^"]+)" denied the request`)
)

// refusedBy is the fault behind a refused write; nil for a call that failed.
// The refusal's own text is not repeated: who refused a Secret may quote it.
func refusedBy(err error) *issuance.Fault {
	text := err.Error()
	// Admission first: its message is anybody's text, and may sound like another's.
	for _, admission := range []struct {
		who  string
		says *regexp.Regexp
	}{{"ValidatingAdmissionPolicy", deniedByPolicy}, {"The admission webhook", deniedByHook}} {
		if m := admission.says.FindStringSubmatch(text); m != nil {
			return &issuance.Fault{
				Reason: v1alpha1.ReasonAdmissionDenied,
				Message: fmt.Sprintf("%s %q refuses the Secret; a server-side dry run of a Secret of type %s shows what it objects to.",
					admission.who, m[1], v1alpha1.SecretType),
			}
		}
	}
	if m := quotaExceeded.FindStringSubmatch(text); m != nil && apierrors.IsForbidden(err) {
		return &issuance.Fault{
			Reason:  v1alpha1.ReasonQuotaExceeded,
			Message: fmt.Sprintf("ResourceQuota %q leaves no room for the Secret; raise it, or delete what is not needed.", m[1]),
		}
	}
	if m := deniedByRBAC.FindStringSubmatch(text); m != nil && apierrors.IsForbidden(err) {
		return &issuance.Fault{
			Reason:  v1alpha1.ReasonNotPermitted,
			Message: fmt.Sprintf("The operator's ServiceAccount may not %s %s in this namespace; its Role or ClusterRole lacks that.", m[1], m[2]),
		}
	}
	return rejected(err)
}

// rejected covers what is left of the answers that trying again won't change.
func rejected(err error) *issuance.Fault {
	if !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) && !apierrors.IsRequestEntityTooLargeError(err) {
		return nil
	}
	return &issuance.Fault{
		Reason:  v1alpha1.ReasonAdmissionDenied,
		Message: fmt.Sprintf("The API server refuses the Secret (%s); a server-side dry run of it shows why.", apierrors.ReasonForError(err)),
	}
}

// callFailed describes a failed call as if it were a fault, for the conditions.
// It names the kind of failure alone: an error's text differs from one try to
// the next, and each difference would be another write.
func callFailed(err error) *issuance.Fault {
	kind := apierrors.ReasonForError(err)
	if kind == metav1.StatusReasonUnknown {
		kind = "no answer"
	}
	return &issuance.Fault{
		Reason:  v1alpha1.ReasonWriteFailed,
		Message: fmt.Sprintf("A call to the API server failed (%s); it is tried again, and the operator's log has the error.", kind),
		Waiting: true,
	}
}

// secretLike finds what could be a token or a part of one in a text.
var secretLike = regexp.MustCompile(`[A-Za-z0-9_+=-]{24,}(\.[A-Za-z0-9_+=-]+)*`)

// longestLogged bounds an error's text in the log, in bytes.
const longestLogged = 1024

// scrub is an error fit for the log: whoever refuses or mangles a Secret on
// its way may quote from it.
func scrub(err error) error {
	text := secretLike.ReplaceAllStringFunc(err.Error(), func(s string) string {
		if !strings.ContainsAny(s, "0123456789") {
			return s // a long word, such as the name of a policy
		}
		return "[redacted]"
	})
	if len(text) > longestLogged {
		text = strings.ToValidUTF8(text[:longestLogged], "") + "…"
	}
	return errors.New(text)
}
