package tokenserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericfilters "k8s.io/apiserver/pkg/server/filters"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

const (
	// bodyLimit is far over the longest TokenRequest that says something.
	bodyLimit = 16 << 10
	// bodyTimeout is how long a body may take to arrive.
	bodyTimeout = 5 * time.Second
	// requestTimeout is how long a request may take in all.
	requestTimeout = 15 * time.Second
	// callersAtOnce is how many requests of one caller are served at once. They
	// take a fraction of a millisecond each, so this is many.
	callersAtOnce = 64
)

// probes are for the kubelet, which has no credentials. They tell whether this
// server is well, and nothing else.
var probes = map[string]bool{"/healthz": true, "/livez": true, "/readyz": true}

// chain is what a request goes through, last first. The library's own chain lets
// callers impersonate, answers a failed question about a caller with 401 and 500,
// and limits nobody but everybody.
func (s *Server) chain(api http.Handler, c *genericapiserver.Config) http.Handler {
	handler := s.withBody(s.withTokens(api))
	handler = s.withAuthorization(handler)
	handler = s.withPaths(handler)
	handler = s.withShares(handler) // around what asks the API server, which is what costs
	handler = s.withoutImpersonation(handler)
	handler = s.withAuthentication(handler)
	handler = withProbes(api, handler)
	handler = s.withDecision(handler)
	handler = withDeadline(handler)
	handler = filters.WithRequestInfo(handler, c.RequestInfoResolver)
	handler = filters.WithRequestReceivedTimestamp(handler)
	handler = genericfilters.WithPanicRecovery(handler, c.RequestInfoResolver)
	return filters.WithAuditInit(handler)
}

// fail answers with an error.
func (s *Server) fail(w http.ResponseWriter, req *http.Request, err error) {
	decisionFrom(req.Context()).refusedFor(err)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if apierrors.IsServiceUnavailable(err) {
		// Another replica may be able to, as where this one's pod was deleted and its
		// credentials with it. Who keeps the connection would never meet the other.
		w.Header().Set("Connection", "close")
	}
	responsewriters.ErrorNegotiated(err, s.serializer, v1alpha1.GroupVersion, w, req)
}

// withProbes lets anybody ask whether the server is well.
func withProbes(open, guarded http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if probes[req.URL.Path] && (req.Method == http.MethodGet || req.Method == http.MethodHead) {
			open.ServeHTTP(w, req)
			return
		}
		guarded.ServeHTTP(w, req)
	})
}

// withDeadline ends what takes too long. Nothing in this server waits for anything
// but a body and the API server, and both waits end with the context.
func withDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), requestTimeout)
		defer cancel()
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, req.WithContext(ctx))
	})
}

// withShares keeps one caller from taking the place of another.
func (s *Server) withShares(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		caller, ok := request.UserFrom(req.Context())
		if !ok {
			s.fail(w, req, apierrors.NewUnauthorized(unauthorized))
			return
		}
		leave, ok := s.callers.enter(caller.GetName())
		if !ok {
			s.fail(w, req, tooMany(fmt.Sprintf("%d requests of yours are being served already; try again", callersAtOnce)))
			return
		}
		defer leave()
		next.ServeHTTP(w, req)
	})
}

// withBody reads the body before anything else does, so that nothing waits for a
// slow caller but this, and nothing reads more than it should.
func (s *Server) withBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Body == nil || req.Body == http.NoBody {
			next.ServeHTTP(w, req)
			return
		}
		if req.ContentLength > bodyLimit { // before anybody is told to go on and send it
			s.failUnread(w, req, tooLarge())
			return
		}
		body, inTime, err := readBody(w, req)
		large := &http.MaxBytesError{}
		switch {
		case errors.As(err, &large):
			s.failUnread(w, req, tooLarge())
		case !inTime:
			s.failUnread(w, req, tooSlow())
		case err != nil:
			s.failUnread(w, req, apierrors.NewBadRequest("the body can't be read to its end"))
		default:
			req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			next.ServeHTTP(w, req)
		}
	})
}

// failUnread answers who has not sent the whole body, at once: on a connection that
// is to go on, the answer would wait for the rest of it. In HTTP/2 no request waits
// for another's body, and the connection may be that of the API server, on which
// come the requests of everybody.
func (s *Server) failUnread(w http.ResponseWriter, req *http.Request, err error) {
	if req.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
	s.fail(w, req, err)
}

// readBody reads all that may be read within the time that there is.
func readBody(w http.ResponseWriter, req *http.Request) (body []byte, inTime bool, err error) {
	ctx, cancel := context.WithTimeout(req.Context(), bodyTimeout)
	defer cancel()
	over := time.Unix(1, 0) // long past: whoever reads, reads no more
	stop := context.AfterFunc(ctx, func() { _ = http.NewResponseController(w).SetReadDeadline(over) })
	body, err = io.ReadAll(http.MaxBytesReader(w, req.Body, bodyLimit))
	return body, stop(), err
}
