package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/capability-operator/capability-operator/internal/children"
)

const (
	// patience is how long the manager may take to end in order.
	patience = 15 * time.Second
	// quotedLog is how much of the manager's log is shown when it fails.
	quotedLog = 2 << 10
)

// The kernel takes the thread that started a child for its parent. The main goroutine starts the children, so it stays
// on the main thread, which lives as long as the demo.
func init() { runtime.LockOSThread() }

// manager is the operator as a child process.
type manager struct {
	child *exec.Cmd
	log   string
	ended chan struct{} // closed when it is no more
	err   error         // how it ended; read it only after ended is closed
}

func startManager(ctx context.Context, path, kubeconfig, folder string) (*manager, error) {
	m := &manager{log: filepath.Join(folder, "manager.log"), ended: make(chan struct{})}
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making the manager's log: %w", err)
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	// What ends the demo must not kill the manager: it is stopped in order.
	m.child = exec.CommandContext(context.WithoutCancel(ctx), path,
		"--kubeconfig="+kubeconfig, "--metrics-bind-address=0", "--health-probe-bind-address=0")
	m.child.Stdout, m.child.Stderr = log, log
	m.child.SysProcAttr = children.Attributes()
	if err := m.child.Start(); err != nil {
		return nil, fmt.Errorf("starting the manager: %w", err)
	}
	go func() {
		m.err = m.child.Wait()
		close(m.ended)
	}()
	return m, nil
}

// stop ends the manager in order, and by force where that takes too long.
func (m *manager) stop() error {
	if m.over() {
		return nil
	}
	if err := m.child.Process.Signal(syscall.SIGTERM); err != nil && !m.over() {
		return fmt.Errorf("stopping the manager: %w", err)
	}
	select {
	case <-m.ended:
		if m.err != nil {
			return fmt.Errorf("stopping the manager: %w", m.err)
		}
		return nil
	case <-time.After(patience):
		m.kill()
		<-m.ended
		return fmt.Errorf("stopping the manager: it did not end within %s and was killed", patience)
	}
}

// kill ends the manager's whole process group at once.
func (m *manager) kill() {
	if !m.over() {
		_ = syscall.Kill(-m.child.Process.Pid, syscall.SIGKILL) // it fails only where nobody is left
	}
}

// reason says how the manager ended; it has ended.
func (m *manager) reason() error {
	if m.err != nil {
		return m.err
	}
	return errors.New("it reported success")
}

func (m *manager) over() bool {
	select {
	case <-m.ended:
		return true
	default:
		return false
	}
}

// explain keeps the manager's log, which goes with the control plane otherwise, and shows the end of it. The manager has
// ended.
func (m *manager) explain(to io.Writer) error {
	content, err := os.ReadFile(m.log)
	if err != nil {
		return fmt.Errorf("reading the manager's log: %w", err)
	}
	kept, err := os.CreateTemp("", "capability-operator-manager-*.log")
	if err != nil {
		return fmt.Errorf("keeping the manager's log: %w", err)
	}
	_, err = kept.Write(content)
	if err := errors.Join(err, kept.Close()); err != nil {
		return fmt.Errorf("keeping the manager's log: %w", err)
	}
	fmt.Fprintf(to, "demo: the manager's log is kept as %s; the last of it:\n%s", kept.Name(), lastLines(content))
	return nil
}

// lastLines is the end of a log, in whole lines.
func lastLines(content []byte) []byte {
	excess := len(content) - quotedLog
	if excess <= 0 {
		return content
	}
	_, rest, _ := bytes.Cut(content[excess:], []byte("\n"))
	return rest
}
