package tokenserver

import (
	"context"
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
)

// withAuthorization comes before anything is looked up: who has no right learns
// nothing of what there is.
func (s *Server) withAuthorization(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		attributes, err := filters.GetAuthorizerAttributes(req.Context())
		if err != nil {
			s.fail(w, req, apierrors.NewInternalError(errors.New("the request says nothing of what it is for")))
			return
		}
		decision, _, err := s.authorizer.Authorize(req.Context(), attributes)
		switch {
		case decision == authorizer.DecisionAllow:
			next.ServeHTTP(w, req)
		case err != nil:
			if !left(req) {
				s.noRights.affects(err)
			}
			s.fail(w, req, unavailable("what you may do can't be asked of the API server at present; try again"))
		default:
			// Without the authorizer's reason, which names roles and bindings.
			s.fail(w, req, responsewriters.ForbiddenStatusError(attributes, ""))
		}
	})
}

// left tells whether the caller has gone, so that nobody waits for an answer.
func left(req *http.Request) bool { return errors.Is(req.Context().Err(), context.Canceled) }

// withAuthentication tells who asks. Nobody is anonymous.
func (s *Server) withAuthentication(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		response, ok, err := s.authenticator.AuthenticateRequest(req)
		// No more is needed of them, and nothing behind this may see a credential.
		headers := req.Header.Clone()
		for _, name := range credentials {
			headers.Del(name)
		}
		req = req.Clone(req.Context())
		req.Header = headers
		switch {
		case errors.Is(err, errManyStrangers):
			s.fail(w, req, tooMany("too many requests from your address wait to be told who sends them; try again"))
		case err != nil:
			s.noCallers.affects(err)
			s.fail(w, req, unavailable("who you are can't be asked of the API server at present; try again"))
		case !ok:
			w.Header().Set("Connection", "close") // a stranger has to dial anew each time
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+Audience+`"`)
			s.fail(w, req, apierrors.NewUnauthorized(unauthorized))
		default:
			next.ServeHTTP(w, withCaller(req, response.User))
		}
	})
}

var credentials = []string{"Authorization", "Proxy-Authorization", "Cookie"}

// withoutImpersonation refuses to act as somebody else, which only the API server
// does: to ignore the wish would be to act as the caller, who may do more.
func (s *Server) withoutImpersonation(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for name := range req.Header {
			if hasPrefixFold(name, "Impersonate-") {
				s.fail(w, req, apierrors.NewBadRequest("this server does not impersonate (header "+name+"); call the API server for that"))
				return
			}
		}
		next.ServeHTTP(w, req)
	})
}
