package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/capability-operator/capability-operator/hack/installed"
	"github.com/capability-operator/capability-operator/internal/children"
)

const (
	// endsWithin is how long a manager may take to end in order.
	endsWithin = 15 * time.Second
	// restartsAfter is when a manager that has ended is started again, as a kubelet does.
	restartsAfter = time.Second
)

// manager is the operator as a process of its own, started again whenever it ends.
type manager struct {
	name     string
	path     string
	args     []string
	metrics  string // where they are served
	log      *os.File
	findings *findings

	mu       sync.Mutex
	child    *exec.Cmd // nil while none runs
	process  int       // how many there have been
	excused  string    // why it may end; empty where it may not
	endings  map[string]int
	resigned func() string // why it may end by itself just now; empty where it may not
}

func newManager(ctx context.Context, s *stage, name string) (*manager, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("finding a free port: %w", err)
	}
	m := &manager{name: name, path: s.manager, metrics: listener.Addr().String(), findings: s.findings, endings: map[string]int{}}
	if err := listener.Close(); err != nil {
		return nil, fmt.Errorf("giving a port back: %w", err)
	}
	m.args = []string{
		"--kubeconfig=" + s.Kubeconfig, "--leader-elect", "--leader-election-namespace=" + installed.Namespace,
		"--metrics-bind-address=" + m.metrics, "--metrics-secure=false", "--health-probe-bind-address=0",
	}
	m.log, err = os.OpenFile(filepath.Join(s.out, "manager-"+name+".log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making a log: %w", err)
	}
	return m, nil
}

// run keeps the manager running until ctx ends, and then stops it in order.
func (m *manager) run(ctx context.Context) {
	// The kernel ends a child with the thread that started it, so that none outlives this program however that ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer func() { _ = m.log.Close() }() // the children have written to it by themselves
	for ctx.Err() == nil {
		child, err := m.start(ctx)
		if err != nil {
			m.findings.note("starting manager %s: %s", m.name, err)
			return
		}
		ended := make(chan struct{})
		go m.endWith(ctx, child, ended)
		err = child.Wait()
		close(ended)
		m.over(ctx, err)
		_ = pause(ctx, restartsAfter) // it ends with ctx, which the loop looks at
	}
}

func (m *manager) start(ctx context.Context) (*exec.Cmd, error) {
	child := exec.CommandContext(context.WithoutCancel(ctx), m.path, m.args...)
	child.Stdout, child.Stderr = m.log, m.log
	child.SysProcAttr = children.Attributes()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := child.Start(); err != nil {
		return nil, err
	}
	m.child, m.excused = child, ""
	m.process++
	return child, nil
}

// endWith stops the child when ctx ends.
func (m *manager) endWith(ctx context.Context, child *exec.Cmd, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	m.excuse("the end of the soak")
	_ = child.Process.Signal(syscall.SIGCONT) // these fail only where the process is gone
	_ = child.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(endsWithin):
		m.findings.note("manager %s did not end within %s of SIGTERM", m.name, endsWithin)
		_ = child.Process.Kill()
	}
}

// over notes how a process ended.
func (m *manager) over(ctx context.Context, err error) {
	m.mu.Lock()
	m.child = nil
	why := m.excused
	if why == "" && strings.Contains(lastOf(m.log.Name()), "leader election lost") {
		why = m.resigned()
	}
	m.endings[why]++
	m.mu.Unlock()
	if why == "" && ctx.Err() == nil {
		m.findings.note("manager %s ended by itself (%v); see its log", m.name, err)
	}
}

// lastOf is the end of a file; nothing where it can't be read.
func lastOf(path string) string {
	const enough = 2 << 10
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(content[max(0, len(content)-enough):])
}

// excuse says why the present process may end.
func (m *manager) excuse(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.excused = why
}

// signal reaches the present process, and returns its number.
func (m *manager) signal(s syscall.Signal) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.child != nil {
		_ = m.child.Process.Signal(s) // it fails only where the process is gone
	}
	return m.process
}

// present is the number of the process that runs; zero while none does.
func (m *manager) present() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.child == nil {
		return 0
	}
	return m.process
}

// ended is how often a process ended, by what brought it about.
func (m *manager) ended() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]int{}
	for why, n := range m.endings {
		all[why] = n
	}
	return all
}
