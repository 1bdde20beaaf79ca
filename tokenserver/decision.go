package tokenserver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

// decision is what becomes of a request for a token, for the log and the metrics.
// It belongs to the goroutine that serves the request.
type decision struct {
	caller     user.Info // nil for who is not known
	code       int
	clientName string
	ttl        string
	reason     string // empty where a token was handed out
}

type decisionKey struct{}

// decisionFrom is never nil.
func decisionFrom(ctx context.Context) *decision {
	if d, ok := ctx.Value(decisionKey{}).(*decision); ok {
		return d
	}
	return &decision{}
}

// askedFor notes what was asked for as far as it has a form to be noted in: a log
// is no place for what a caller makes up.
func (d *decision) askedFor(spec v1alpha1.TokenRequestSpec) {
	const longest = 256
	d.clientName, d.ttl = shortened(spec.ClientName, longest), shortened(spec.TTL, 16)
}

// refusedFor notes why no token is handed out.
func (d *decision) refusedFor(err error) {
	d.reason = reasonOf(err)
}

func shortened(s string, longest int) string {
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}

// withCaller makes the caller known to what comes next, and to the decision.
func withCaller(req *http.Request, caller user.Info) *http.Request {
	decisionFrom(req.Context()).caller = caller
	return req.WithContext(request.WithUser(req.Context(), caller))
}

// withDecision logs and counts each decision on a request for a token.
func (s *Server) withDecision(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := req.Context()
		info, ok := request.RequestInfoFrom(ctx)
		if !ok || !asksForToken(info) {
			next.ServeHTTP(w, req)
			return
		}
		d, began := &decision{}, s.clock.Now()
		requestsInFlight.Inc()
		defer func() {
			requestsInFlight.Dec()
			s.note(ctx, info, d, s.clock.Since(began))
		}()
		seen := &codeWriter{ResponseWriter: w, decision: d}
		next.ServeHTTP(responsewriter.WrapForHTTP1Or2(seen), req.WithContext(context.WithValue(ctx, decisionKey{}, d)))
	})
}

func asksForToken(info *request.RequestInfo) bool {
	return info.IsResourceRequest && info.APIGroup == v1alpha1.GroupName && info.Subresource == "token"
}

// note writes the audit line. That a stranger was not let in is counted alone: a
// log that strangers can fill is of no use.
func (s *Server) note(ctx context.Context, info *request.RequestInfo, d *decision, took time.Duration) {
	if d.code == 0 { // the caller went away, or the handler panicked
		d.code = http.StatusInternalServerError
	}
	reason := d.reason
	if d.code != http.StatusCreated && reason == "" {
		reason = reasonOfCode(d.code)
	}
	requests.WithLabelValues(strconv.Itoa(d.code), reason).Inc()
	latency.Observe(took.Seconds())
	level := slog.LevelInfo
	if d.caller == nil || d.code == http.StatusTooManyRequests {
		level = slog.LevelInfo - 1 // logr's V(1)
	}
	if !s.audit.Enabled(ctx, level) {
		return
	}
	verdict := "refused"
	if d.code == http.StatusCreated {
		verdict = "granted"
	}
	username, uid := "", ""
	if d.caller != nil {
		username, uid = d.caller.GetName(), d.caller.GetUID()
	}
	line := slog.NewRecord(s.clock.Now(), level, "Token requested", 0) // without a look at the stack
	line.AddAttrs(slog.String("verdict", verdict), slog.String("reason", reason), slog.Int("code", d.code),
		slog.String("username", username), slog.String("uid", uid), slog.String("namespace", shortened(info.Namespace, 63)),
		slog.String("name", shortened(info.Name, 253)), slog.String("clientName", d.clientName), slog.String("ttl", d.ttl),
		slog.Float64("seconds", took.Seconds()))
	if err := s.audit.Handle(ctx, line); err != nil {
		s.log.Error(err, "A decision can't be logged")
	}
}

// codeWriter notes the code of the answer.
type codeWriter struct {
	http.ResponseWriter
	decision *decision
}

var _ responsewriter.UserProvidedDecorator = &codeWriter{}

// Unwrap implements responsewriter.UserProvidedDecorator.
func (w *codeWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *codeWriter) WriteHeader(code int) {
	if w.decision.code == 0 {
		w.decision.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (w *codeWriter) Write(p []byte) (int, error) {
	if w.decision.code == 0 {
		w.decision.code = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// reasonOf is one of a closed set: a documented reason of a ClientCapability where
// there is one, else the reason of the error.
func reasonOf(err error) string {
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) {
		return string(metav1.StatusReasonUnknown)
	}
	answer := status.Status()
	if answer.Code == http.StatusConflict && answer.Details != nil && len(answer.Details.Causes) == 1 {
		return string(answer.Details.Causes[0].Type)
	}
	return string(answer.Reason)
}

// reasonOfCode is that of an answer which the library gave.
func reasonOfCode(code int) string {
	return string(apierrors.NewGenericServerResponse(code, http.MethodPost, parent, "", "", 0, false).Status().Reason)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
