package tokenserver

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

// longestPath, with its query, is over twice that of the longest names that there
// can be.
const longestPath = 1 << 10

// withPaths answers for paths at which there can be nothing, without asking the API
// server whether the caller may go there: the answers are remembered, and whoever
// makes up paths would fill the memory with them. That a name can't be tells nothing
// of what there is.
func (s *Server) withPaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		info, ok := request.RequestInfoFrom(req.Context())
		switch {
		case len(req.URL.Path)+len(req.URL.RawQuery) > longestPath:
			s.notServed(w, req)
		case !ok || !info.IsResourceRequest:
			next.ServeHTTP(w, req)
		case info.Namespace != "" && len(validation.IsDNS1123Label(info.Namespace)) > 0:
			s.fail(w, req, missing("there can be no namespace of that name: a lowercase DNS label (RFC 1123) has at most 63 characters a-z, 0-9 and -"))
		case info.Name != "" && len(validation.IsDNS1123Subdomain(info.Name)) > 0:
			s.fail(w, req, missing("there can be no "+parent.String()+" of that name: a lowercase DNS subdomain (RFC 1123) has at most 253 characters a-z, 0-9, - and ."))
		default:
			next.ServeHTTP(w, req)
		}
	})
}

// notServed answers for paths that nothing is served at.
func (s *Server) notServed(w http.ResponseWriter, req *http.Request) {
	s.fail(w, req, missing("there is nothing at this path; tokens are at /apis/"+v1alpha1.GroupVersion.String()+
		"/namespaces/{namespace}/clientcapabilities/{name}/token"))
}

func missing(why string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status:  metav1.StatusFailure,
		Code:    http.StatusNotFound,
		Reason:  metav1.StatusReasonNotFound,
		Message: why,
	}}
}
