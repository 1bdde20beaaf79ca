package tokenserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"time"
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

// Handler is what serves requests, for tests.
func (s *Server) Handler() http.Handler { return s.handler }

// Run serves until ctx ends, and then until what is under way has ended.
func (s *Server) Run(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := s.start(running); err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	var following sync.WaitGroup
	following.Go(func() { s.follow(running) })
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout + headerTimeout,
		WriteTimeout:      requestTimeout + headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerLimit,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streamsPerConnection},
		ErrorLog:          log.New(io.Discard, "", 0), // whoever breaks off a handshake would fill the log
		TLSConfig: &tls.Config{
			MinVersion:     tls.VersionTLS12,
			GetCertificate: s.config.Certificate,
			// The API server is known by its certificate, which is verified for each
			// request against an authority that may change meanwhile. Nobody else needs one.
			ClientAuth: tls.RequestClientCert,
		},
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ServeTLS(s.config.Listener, "", "") }()
	s.log.Info("Serving", "address", s.config.Listener.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	err := s.drain(running, server)
	if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	stop()
	following.Wait()
	return err
}

// drain says that the server is not ready, serves those who have not heard of it,
// and lets what is under way end.
func (s *Server) drain(ctx context.Context, server *http.Server) error {
	close(s.stopping)
	draining, end := context.WithTimeout(ctx, drainFor)
	defer end()
	<-draining.Done()
	ending, end := context.WithTimeout(ctx, shutdownTimeout)
	defer end()
	if err := server.Shutdown(ending); err != nil {
		return errors.Join(fmt.Errorf("ending the requests that are under way: %w", err), server.Close())
	}
	return nil
}
