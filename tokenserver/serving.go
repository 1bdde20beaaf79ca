package tokenserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

const (
	// headerTimeout is how long the header of a request may take to arrive.
	headerTimeout = 10 * time.Second
	// idleTimeout is how long a connection may wait for its next request.
	idleTimeout = 2 * time.Minute
	// headerLimit leaves room for the groups of a user who has hundreds of them.
	headerLimit = 128 << 10
	// streamsPerConnection is how many requests may be under way on one connection.
	streamsPerConnection = 128
	// drainFor is how long a server that is told to end goes on as before, so that
	// those who route to it hear that it is not ready any more.
	drainFor = 5 * time.Second
	// shutdownTimeout is how long requests that are under way may take to end.
	shutdownTimeout = requestTimeout
)

// Front is where callers are waited for, from the first moment on: a process that
// waits for the API server lives, and says that it is not ready.
type Front struct {
	// Listener takes connections, and Certificate is what is shown to them; it may
	// change at any time.
	Listener    net.Listener
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Log         logr.Logger

	behind   atomic.Pointer[http.Handler]
	stopping atomic.Bool
}

// Put has the handler serve requests from now on.
func (f *Front) Put(handler http.Handler) { f.behind.Store(&handler) }

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	behind := f.behind.Load()
	switch {
	case req.URL.Path == "/readyz" && f.stopping.Load():
		http.Error(w, "the server is stopping", http.StatusServiceUnavailable)
	case behind != nil:
		(*behind).ServeHTTP(w, req)
	case req.URL.Path == "/livez" || req.URL.Path == "/healthz":
		_, _ = io.WriteString(w, "ok") // who does not read it does not want it
	default:
		writeUnready(w)
	}
}

// Run serves until ctx ends, and then until what is under way has ended.
func (f *Front) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           f,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout + headerTimeout,
		WriteTimeout:      requestTimeout + headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerLimit,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streamsPerConnection},
		ErrorLog:          log.New(io.Discard, "", 0), // whoever breaks off a handshake would fill the log
		TLSConfig: &tls.Config{
			MinVersion:     tls.VersionTLS12,
			GetCertificate: f.Certificate,
			// The API server is known by its certificate, which is verified for each
			// request against an authority that may change meanwhile. Nobody else needs one.
			ClientAuth: tls.RequestClientCert,
		},
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(f.Listener, "", "") }()
	f.Log.Info("Listening", "address", f.Listener.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	err := f.drain(context.WithoutCancel(ctx), server)
	if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// drain says that the server is not ready, serves those who have not heard of it,
// and lets what is under way end.
func (f *Front) drain(ctx context.Context, server *http.Server) error {
	f.stopping.Store(true)
	if f.behind.Load() != nil {
		draining, end := context.WithTimeout(ctx, drainFor)
		defer end()
		<-draining.Done()
	}
	ending, end := context.WithTimeout(ctx, shutdownTimeout)
	defer end()
	if err := server.Shutdown(ending); err != nil {
		return errors.Join(fmt.Errorf("ending the requests that are under way: %w", err), server.Close())
	}
	return nil
}
