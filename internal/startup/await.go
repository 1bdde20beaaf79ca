package startup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

const (
	// askEvery is the time between two questions to an API server that is away.
	askEvery = time.Second
	// askFor is how long an answer may take.
	askFor = 5 * time.Second
	// sayEvery is the time between two lines that say what is waited for.
	sayEvery = 30 * time.Second
)

// AwaitAPIServer waits until the API server answers, and reports whether it
// does: not where ctx ended first. A program that ended instead would be started
// anew by the kubelet after ever longer waits of up to five minutes, and tokens
// expire long before that. Probes are answered at probeAddress meanwhile; 0 for a
// program that answers them itself.
func AwaitAPIServer(ctx context.Context, config *rest.Config, probeAddress string) (answers bool, err error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return false, fmt.Errorf("making a client: %w", err)
	}
	return Await(ctx, probeAddress, Waiting{
		Ask: func(ctx context.Context) error { return ask(ctx, client) },
		Say: func(err error) {
			ctrl.Log.Error(err, "The API server does not answer; waiting for it", "server", config.Host)
		},
		Over:  "The API server answers",
		Ready: errNoAPIServer,
	})
}

// Waiting is what is waited for.
type Waiting struct {
	// Ask returns nil once it is there.
	Ask func(context.Context) error
	// Say tells, now and then, why it is not.
	Say func(error)
	// Over is what is logged at the end of a wait.
	Over string
	// Ready is what the readiness probe says meanwhile.
	Ready error
}

// Await reports whether what is waited for came: not where ctx ended first. It
// serves probes meanwhile, since the program, which does so otherwise, is not
// there yet.
func Await(ctx context.Context, probeAddress string, w Waiting) (came bool, err error) {
	missing := w.Ask(ctx)
	if missing == nil {
		return true, nil
	}
	stop, err := serveProbes(ctx, probeAddress, w.Ready)
	if err != nil {
		return false, err
	}
	defer stop()
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for said := (time.Time{}); missing != nil; missing = w.Ask(ctx) {
		if time.Since(said) >= sayEvery {
			w.Say(missing)
			said = time.Now()
		}
		select {
		case <-ctx.Done():
			return false, nil
		case <-ticker.C:
		}
	}
	ctrl.Log.Info(w.Over)
	return true, nil
}

// Ask returns an error where the API server does not answer. A refusal is an
// answer: what is wrong then is better said by what needs more than this.
func ask(ctx context.Context, client discovery.DiscoveryInterface) error {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	err := client.RESTClient().Get().AbsPath("/version").MaxRetries(0).Do(ctx).Error()
	if status := apierrors.APIStatus(nil); errors.As(err, &status) && status.Status().Code < http.StatusInternalServerError {
		return nil
	}
	return err
}

// serveProbes says, until it is stopped, that the process lives and is not
// ready: the program, which says so otherwise, is not there yet.
func serveProbes(ctx context.Context, address string, notReady error) (stop func(), err error) {
	if address == "0" || address == "" {
		return func() {}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for probes: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/healthz", healthz.CheckHandler{Checker: healthz.Ping})
	mux.Handle("/readyz", healthz.CheckHandler{Checker: func(*http.Request) error { return notReady }})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: askFor}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // it ends when it is closed
	}()
	return func() { _ = server.Close(); <-done }, nil
}

var errNoAPIServer = errors.New("the API server does not answer yet")
