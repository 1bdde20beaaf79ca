package main

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

// awaitAPIServer waits until the API server answers, and reports whether it
// does: not where ctx ended first. A manager that ended instead would be started
// anew by the kubelet after ever longer waits of up to five minutes, and tokens
// expire long before that.
func awaitAPIServer(ctx context.Context, config *rest.Config, probeAddress string) (answers bool, err error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return false, fmt.Errorf("making a client: %w", err)
	}
	silence := ask(ctx, client)
	if silence == nil {
		return true, nil
	}
	stop, err := serveProbes(ctx, probeAddress)
	if err != nil {
		return false, err
	}
	defer stop()
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for said := (time.Time{}); silence != nil; silence = ask(ctx, client) {
		if time.Since(said) >= sayEvery {
			ctrl.Log.Error(silence, "The API server does not answer; waiting for it", "server", config.Host)
			said = time.Now()
		}
		select {
		case <-ctx.Done():
			return false, nil
		case <-ticker.C:
		}
	}
	ctrl.Log.Info("The API server answers")
	return true, nil
}

// ask returns an error where the API server does not answer. A refusal is an
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
// ready: the manager, which says so otherwise, is not there yet.
func serveProbes(ctx context.Context, address string) (stop func(), err error) {
	if address == "0" || address == "" {
		return func() {}, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for probes: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/healthz", healthz.CheckHandler{Checker: healthz.Ping})
	mux.Handle("/readyz", healthz.CheckHandler{Checker: func(*http.Request) error { return errNoAPIServer }})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: askFor}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // it ends when it is closed
	}()
	return func() { _ = server.Close(); <-done }, nil
}

var errNoAPIServer = errors.New("the API server does not answer yet")
