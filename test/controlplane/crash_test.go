package controlplane_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// crashVariable makes this test's own program the one that crashes.
const crashVariable = "CONTROLPLANE_TEST_AWAIT_KILL"

func TestMain(m *testing.M) {
	if os.Getenv(crashVariable) != "" {
		awaitKill()
	}
	os.Exit(m.Run())
}

func awaitKill() {
	cluster, err := controlplane.Start(context.Background(), controlplane.Options{ControllerManager: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, filepath.Dir(cluster.Kubeconfig()))
	select {}
}

func TestAKilledProgramLeavesNoControlPlaneBehind(t *testing.T) {
	t.Parallel()
	if len(processesIn(os.Args[0])) == 0 {
		t.Skip("this system does not list its processes under /proc")
	}
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), crashVariable+"=1")
	program.Stderr = os.Stderr
	printed, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(printed).ReadString('\n')
	if err != nil {
		t.Fatalf("the program did not start a control plane: %v", err)
	}
	folder := strings.TrimSpace(line)
	if running := processesIn(folder); len(running) < 3 {
		t.Fatalf("before the crash only these run: %q", running)
	}

	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait() // says that it was killed

	gone := func(context.Context) (bool, error) {
		_, err := os.Stat(folder)
		return os.IsNotExist(err) && len(processesIn(folder)) == 0, nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 10*time.Second, true, gone); err != nil {
		t.Errorf("%v: %s and these are left: %q", err, folder, processesIn(folder))
	}
}

// processesIn lists the processes whose command line names the folder.
func processesIn(folder string) []string {
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var running []string
	for _, process := range processes {
		command, err := os.ReadFile(process)
		if err == nil && strings.Contains(string(command), folder) {
			running = append(running, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return running
}
