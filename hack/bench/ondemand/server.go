package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// endsWithin is how long the token server may take to end in order: it goes on for some seconds for those who have
	// not heard of it.
	endsWithin = 40 * time.Second
	// keptOutput is how much of what it printed last an error quotes.
	keptOutput = 4 << 10
	// profileVariable is what a token server that was built with -tags pprof looks for; see cmd/tokenserver/pprof.go.
	profileVariable = "PPROF_BIND_ADDRESS"
	profileAddress  = "127.0.0.1:6061"
)

// server is the token server, as a process of its own that logs as it does in a cluster: to somebody who reads.
type server struct {
	address string
	child   *exec.Cmd
	log     *log
	ended   chan error
}

func startServer(ctx context.Context, s setup, kubeconfig string) (*server, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	started := &server{address: address, log: &log{}, ended: make(chan error, 1)}
	// What ends this program must not kill a child that is to end in order.
	started.child = exec.CommandContext(context.WithoutCancel(ctx), s.tokenserver,
		"--kubeconfig="+kubeconfig, "--bind-address="+address, "--cert-namespace="+operatorNamespace)
	started.child.Env = os.Environ()
	if s.profiles != "" {
		started.child.Env = append(started.child.Env, profileVariable+"="+profileAddress)
	}
	started.child.Stdout, started.child.Stderr = started.log, started.log
	if err := started.child.Start(); err != nil {
		return nil, fmt.Errorf("starting the token server: %w", err)
	}
	go func() { started.ended <- started.child.Wait() }()
	return started, nil
}

func (s *server) stop() error {
	_ = s.child.Process.Signal(syscall.SIGTERM) // it fails only where the process is gone
	select {
	case err := <-s.ended:
		if err != nil {
			return fmt.Errorf("the token server ended with: %w: %s", err, s.log)
		}
		return nil
	case <-time.After(endsWithin):
		return errors.Join(fmt.Errorf("the token server did not end within %s and is killed: %s", endsWithin, s.log), s.child.Process.Kill())
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

// log reads what the token server writes, counts its audit lines and keeps the end.
type log struct {
	mu      sync.Mutex
	granted int
	rest    []byte // of a line that has not ended
	kept    []byte
}

// The two parts of the audit line of a token that was handed out.
var (
	auditLine = []byte(`"Token requested"`)
	granted   = []byte(`"granted"`)
)

// Write implements io.Writer.
func (l *log) Write(written []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, written...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			break
		}
		if bytes.Contains(line, auditLine) {
			if bytes.Contains(line, granted) {
				l.granted++
			}
		} else {
			l.kept = append(append(l.kept, line...), '\n')
		}
		l.rest = rest
	}
	if excess := len(l.kept) - keptOutput; excess > 0 {
		l.kept = append([]byte(nil), l.kept[excess:]...)
	}
	return len(written), nil
}

// tokens is how many tokens are logged.
func (l *log) tokens() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.granted
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return "the last that it said, audit lines left out:\n" + string(l.kept)
}
