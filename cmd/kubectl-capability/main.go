// The kubectl-capability program is a plugin of kubectl: with it in the PATH,
// kubectl capability shows how ClientCapabilities fare, why, and what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/capability-operator/capability-operator/internal/plugin"
)

// What the program ends with; docs/kubectl-capability.md has the list.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitFault       = 3
	exitTimeout     = 4
	exitInterrupted = 130
)

func main() {
	root := newCommand(os.Args[1:], genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}, os.Getenv, nil)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, root)
	stop()
	os.Exit(code)
}

// newCommand is the program, called with these arguments. Tests give it a clock;
// otherwise it goes by the API server's.
func newCommand(args []string, streams genericiooptions.IOStreams, environment func(string) string, now clock.PassiveClock) *cobra.Command {
	ctrllog.SetLogger(logr.Discard()) // what there is to say is said in words
	rest.SetDefaultWarningHandler(rest.NewWarningWriter(streams.ErrOut, rest.WarningWriterOptions{Deduplicate: true}))
	root := newProgram(streams, environment, now).root()
	root.SetArgs(args)
	return root
}

// run returns what the program ends with.
func run(ctx context.Context, root *cobra.Command) int {
	return exitCode(ctx, root.ExecuteContext(ctx), root.ErrOrStderr())
}

func exitCode(ctx context.Context, err error, stderr io.Writer) int {
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, plugin.ErrFault):
		return exitFault
	case errors.Is(err, plugin.ErrTimeout):
		return exitTimeout
	}
	fmt.Fprintf(stderr, "error: %v\n", err)
	if plugin.IsUsage(err) {
		return exitUsage
	}
	return exitFailed
}
