package tokenserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// Messages repeat nothing that the caller sent but the name of the
// ClientCapability: no client name, which is personal, and no token.

const (
	// retrySoon is how many seconds a caller is asked to wait for what passes by
	// itself.
	retrySoon = 1
	// unauthorized is what everybody reads who is not known.
	unauthorized = "no valid bearer token of this server's audience was sent: send a ServiceAccount token that was made for the audience " +
		Audience + ", or call the API server, which knows you by the credentials that you have"
)

func notFound(name string) error { return apierrors.NewNotFound(parent, name) }

// refused is the answer to who asks for what may be granted at another time.
func refused(key types.NamespacedName, fault *issuance.Fault) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status:  metav1.StatusFailure,
		Code:    http.StatusConflict,
		Reason:  metav1.StatusReasonConflict,
		Message: fmt.Sprintf("ClientCapability %q grants no token at present: %s: %s", key.Name, fault.Reason, fault.Message),
		Details: &metav1.StatusDetails{
			Group: parent.Group,
			Kind:  parent.Resource,
			Name:  key.Name,
			Causes: []metav1.StatusCause{{
				Type:    metav1.CauseType(fault.Reason),
				Message: fault.Message,
			}},
		},
	}}
}

// invalid is the answer to who asks for what is never granted.
func invalid(name, path, why string) error {
	steps := field.NewPath(path)
	return apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind("TokenRequest").GroupKind(), name,
		field.ErrorList{field.Invalid(steps, field.OmitValueType{}, why)})
}

func unavailable(why string) error {
	err := apierrors.NewServiceUnavailable(why)
	err.ErrStatus.Details = &metav1.StatusDetails{RetryAfterSeconds: retrySoon}
	return err
}

func tooMany(why string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status:  metav1.StatusFailure,
		Code:    http.StatusTooManyRequests,
		Reason:  metav1.StatusReasonTooManyRequests,
		Message: why,
		Details: &metav1.StatusDetails{RetryAfterSeconds: retrySoon},
	}}
}

// tooSlow is the answer to a body that does not come.
func tooSlow() error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status:  metav1.StatusFailure,
		Code:    http.StatusRequestTimeout,
		Reason:  metav1.StatusReasonTimeout,
		Message: fmt.Sprintf("the body of the request did not arrive within %s", bodyTimeout),
	}}
}

// notServed answers for paths that nothing is served at.
func (s *Server) notServed(w http.ResponseWriter, req *http.Request) {
	s.fail(w, req, &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure,
		Code:   http.StatusNotFound,
		Reason: metav1.StatusReasonNotFound,
		Message: "there is nothing at this path; tokens are at /apis/" + groupVersion +
			"/namespaces/{namespace}/clientcapabilities/{name}/token",
	}})
}

// writeUnready answers before there is anything that could answer.
func writeUnready(w http.ResponseWriter) {
	answer := apierrors.NewServiceUnavailable("the token server is starting; try again").ErrStatus
	answer.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	answer.Details = &metav1.StatusDetails{RetryAfterSeconds: retrySoon}
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.Header().Set("Retry-After", strconv.Itoa(retrySoon))
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = json.NewEncoder(w).Encode(answer) // who does not read it does not want it
}
