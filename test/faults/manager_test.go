//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/internal/children"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

// endsWithin bounds how long a manager may take to end when it is asked to.
const endsWithin = 15 * time.Second

// manager is the operator as a process of its own.
type manager struct {
	t       *testing.T
	args    []string
	metrics string
	log     *record

	mu    sync.Mutex
	child *exec.Cmd
	ended chan struct{} // closed when the present process is no more
	code  int           // of the process that ended last
}

// settings of a manager.
type settings struct {
	kubeconfig string
	namespaces []*namespace
	// elect names the namespace of the lease; empty for no election.
	elect string
	// lease names the lease, where it is not the usual one.
	lease string
	args  []string
}

// runManager starts a manager and has the test end it.
func runManager(t *testing.T, s settings) *manager {
	t.Helper()
	m := newManager(t, s)
	m.start(t.Context())
	return m
}

func newManager(t *testing.T, s settings) *manager {
	t.Helper()
	m := &manager{t: t, log: &record{}, metrics: controlplane.FreeAddress(t)}
	m.args = append([]string{
		"--kubeconfig=" + s.kubeconfig,
		"--watch-namespaces=" + strings.Join(names(s.namespaces), ","),
		"--metrics-bind-address=" + m.metrics, "--metrics-secure=false",
		"--health-probe-bind-address=0",
	}, s.args...)
	if s.elect != "" {
		m.args = append(m.args, "--leader-elect", "--leader-election-namespace="+s.elect)
	}
	if s.lease != "" {
		m.args = append(m.args, "--leader-election-id="+s.lease)
	}
	t.Cleanup(func() {
		m.kill()
		expectDiscreet(t, m.log.String(), s.namespaces)
		if t.Failed() {
			t.Logf("the end of the manager's log:\n%s", m.log.tail(6<<10))
		}
	})
	return m
}

func (m *manager) start(ctx context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// It ends when the test ends it: not with the test's context, which is over before the clean-up.
	child := exec.CommandContext(context.WithoutCancel(ctx), program, m.args...)
	child.Stdout, child.Stderr = m.log, m.log
	child.SysProcAttr = children.Attributes()
	if err := child.Start(); err != nil {
		m.t.Errorf("starting the manager: %v", err)
		return
	}
	ended := make(chan struct{})
	m.child, m.ended = child, ended
	go func() {
		_ = child.Wait() // how it ended is in its state
		m.mu.Lock()
		m.code = child.ProcessState.ExitCode()
		m.mu.Unlock()
		close(ended)
	}()
}

// signal reaches the process, if it runs.
func (m *manager) signal(s os.Signal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.child != nil {
		_ = m.child.Process.Signal(s) // it fails only where the process is gone
	}
}

func (m *manager) over() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ended
}

// kill is SIGKILL: no time for anything.
func (m *manager) kill() {
	if over := m.over(); over != nil {
		m.signal(syscall.SIGKILL)
		<-over
	}
}

// stop is SIGTERM: the manager ends in order, and says so.
func (m *manager) stop() {
	m.t.Helper()
	m.signal(syscall.SIGTERM)
	select {
	case <-m.over():
	case <-time.After(endsWithin):
		m.t.Errorf("the manager did not end within %s of SIGTERM", endsWithin)
		m.kill()
	}
	if m.code != 0 {
		m.t.Errorf("the manager ended with %d on SIGTERM", m.code)
	}
}

// pause stops the process where it is; resume has it go on.
func (m *manager) pause()  { m.signal(syscall.SIGSTOP) }
func (m *manager) resume() { m.signal(syscall.SIGCONT) }

// keepRunning starts the manager anew whenever it ends by itself, as a kubelet does, until the test is over.
func (m *manager) keepRunning() {
	ctx, cancel := context.WithCancel(m.t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		for {
			select {
			case <-ctx.Done():
				return
			case <-m.over():
				m.start(ctx)
			}
			select { // a program that ends at once must not keep the machine busy
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
	}()
	m.t.Cleanup(func() { cancel(); <-left })
}

// record is what the processes of one manager said, in order.
type record struct {
	mu   sync.Mutex
	said strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.String()
}

func (r *record) lines() int { return strings.Count(r.String(), "\n") }

func (r *record) tail(bytes int) string {
	said := r.String()
	return fmt.Sprintf("[of %d lines] …%s", strings.Count(said, "\n"), said[max(0, len(said)-bytes):])
}
