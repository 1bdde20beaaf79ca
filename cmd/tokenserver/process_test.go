package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

// asProgram has the test's own binary be the program.
const asProgram = "TOKENSERVER_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the program in a process of its own: the libraries' logger can be set once in each.
func process(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=yes")
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	return command
}
