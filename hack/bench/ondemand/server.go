package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	// endsWithin is how long the token server may take to end in order: it goes on for some seconds for those who have
	// not heard of it.
	endsWithin = 40 * time.Second
	// profileVariable is what a token server that was built with -tags pprof looks for; see cmd/tokenserver/pprof.go.
	profileVariable = "PPROF_BIND_ADDRESS"
	profileAddress  = "127.0.0.1:6061"
)

// server is the token server, as a process of its own. It logs into a file: to read along would be work that nobody
// who asks for tokens does.
type server struct {
	address string
	child   *exec.Cmd
	log     *log
	ended   chan error
}

func startServer(ctx context.Context, s setup, environment []string, kubeconfig string) (*server, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	written, err := newLog()
	if err != nil {
		return nil, err
	}
	started := &server{address: address, log: written, ended: make(chan error, 1)}
	// What ends this program must not kill a child that is to end in order.
	started.child = exec.CommandContext(context.WithoutCancel(ctx), s.tokenserver,
		"--kubeconfig="+kubeconfig, "--bind-address="+address, "--cert-namespace="+operatorNamespace)
	started.child.Env = append(os.Environ(), environment...)
	if s.profiles != "" {
		started.child.Env = append(started.child.Env, profileVariable+"="+profileAddress)
	}
	started.child.Stdout, started.child.Stderr = written.file, written.file
	if err := started.child.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the token server: %w", err), written.close())
	}
	go func() { started.ended <- started.child.Wait() }()
	return started, nil
}

func (s *server) stop() error {
	_ = s.child.Process.Signal(syscall.SIGTERM) // it fails only where the process is gone
	select {
	case err := <-s.ended:
		if err != nil {
			err = fmt.Errorf("the token server ended with: %w: %s", err, s.log)
		}
		return errors.Join(err, s.log.close())
	case <-time.After(endsWithin):
		err := fmt.Errorf("the token server did not end within %s and is killed: %s", endsWithin, s.log)
		return errors.Join(err, s.child.Process.Kill(), s.log.close())
	}
}

// freeAddress is one that nobody listens on a moment before it is used.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}
