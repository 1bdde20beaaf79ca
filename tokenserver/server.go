package tokenserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/apiserver/pkg/util/compatibility"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/utils/clock"
)

// Config is what a Server is made of.
type Config struct {
	// Kubernetes asks the API server who calls and what they may do.
	Kubernetes kubernetes.Interface
	// Issuer decides.
	Issuer *Issuer
	// Synced reports whether it has read what it serves, and so is ready.
	Synced func() bool
	// Address is where this server is reached, for discovery.
	Address string
	Clock   clock.PassiveClock
	Log     logr.Logger
}

// Server serves the API.
type Server struct {
	authenticator authenticator.Request
	authorizer    authorizer.Authorizer
	noCallers     *outage // who calls can't be asked
	noRights      *outage // nor what they may do
	callers       *shares
	serializer    runtime.NegotiatedSerializer
	clock         clock.PassiveClock
	log           logr.Logger
	audit         slog.Handler
	handler       http.Handler
	start         func(context.Context) error // what the library runs in the background
	config        Config
	follow        func(context.Context)
}

// New makes a Server. It reads how the API server makes itself known, and so fails
// where it may not.
func New(ctx context.Context, config Config) (*Server, error) {
	noCallers, noRights := newOutage("who calls", config), newOutage("what callers may do", config)
	who, follow, err := newIdentification(ctx, config.Kubernetes, noCallers)
	if err != nil {
		return nil, err
	}
	s := &Server{
		authenticator: who,
		authorizer:    authorizer.AuthorizerFunc(newRights(config.Kubernetes.AuthorizationV1().SubjectAccessReviews(), noRights).authorize),
		noCallers:     noCallers,
		noRights:      noRights,
		callers:       newShares(callersAtOnce),
		clock:         config.Clock,
		log:           config.Log,
		config:        config,
		follow:        follow,
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	return s, nil
}

// build sets up the library's server, of which everything is left out that this
// one has no use for: a store, admission, priority and fairness, profiles.
func (s *Server) build() error {
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	s.audit = logr.ToSlogHandler(s.log.WithName("audit")).WithAttrs([]slog.Attr{slog.String("logger", "audit")})
	codecs := serializer.NewCodecFactory(scheme)
	s.serializer = newOnlyJSON(codecs)
	config := genericapiserver.NewConfig(codecs)
	config.Serializer = s.serializer
	config.ExternalAddress = s.config.Address
	config.LoopbackClientConfig = &restclient.Config{} // nothing in here calls this server
	config.EffectiveVersion = compatibility.DefaultBuildEffectiveVersion()
	config.EnableIndex, config.EnableProfiling = false, false
	config.MaxRequestBodyBytes = bodyLimit
	config.BuildHandlerChainFunc = s.chain
	namer := openapi.NewDefinitionNamer(scheme)
	config.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions, namer)
	config.OpenAPIConfig.Info.Title = "capability-operator"
	config.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions, namer)
	config.OpenAPIV3Config.Info.Title = "capability-operator"
	config.ReadyzChecks = append(config.ReadyzChecks, healthz.NamedCheck("caches", s.synced))
	generic, err := config.Complete(nil).New("capability-operator-tokenserver",
		genericapiserver.NewEmptyDelegateWithCustomHandler(http.HandlerFunc(s.notServed)))
	if err != nil {
		return fmt.Errorf("setting up the server: %w", err)
	}
	if err := s.install(generic); err != nil {
		return err
	}
	prepared := generic.PrepareRun()
	s.handler, s.start = generic.Handler, func(ctx context.Context) error {
		_, _, err := prepared.NonBlockingRunWithContext(ctx, 0)
		return err
	}
	return nil
}

var errNotSynced = errors.New("the caches are not synced yet")

func (s *Server) synced(*http.Request) error {
	if !s.config.Synced() {
		return errNotSynced
	}
	return nil
}

// Handler is what serves requests.
func (s *Server) Handler() http.Handler { return s.handler }

// Run does what goes on beside requests until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	if err := s.start(ctx); err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	s.follow(ctx)
	return nil
}
