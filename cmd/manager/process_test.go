package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// asProgram has the test's own binary be the program.
const asProgram = "MANAGER_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a manager in a process of its own, as each has one registry of metrics.
type process struct {
	metrics string // where they are served
	said    *log
	end     func()
}

// start runs a manager that takes part in the election, until it is told to end or the test does.
func start(t *testing.T, kubeconfig string, args ...string) *process {
	t.Helper()
	p := &process{metrics: controlplane.FreeAddress(t), said: &log{}}
	running, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	command := exec.CommandContext(running, os.Args[0], append([]string{
		"--kubeconfig=" + kubeconfig, "--leader-elect", "--leader-election-namespace=default",
		"--health-probe-bind-address=0", "--metrics-bind-address=" + p.metrics,
	}, args...)...)
	command.Env = append(os.Environ(), asProgram+"=yes")
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 20 * time.Second
	command.Stdout, command.Stderr = p.said, p.said
	if err := command.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	p.end = func() {
		cancel()
		_ = command.Wait() // says that it was interrupted, or that it has ended already
	}
	t.Cleanup(func() {
		p.end()
		if t.Failed() {
			t.Logf("a manager's log:\n%s", p.said)
		}
	})
	return p
}
