// Command demo shows the operator at work on one machine, with nothing but Go and make: it starts a Kubernetes control
// plane, runs the manager, applies config/samples and shows what becomes of the tokens, as a live table on a terminal and
// as plain lines elsewhere.
//
// It watches from outside, as a user's application would: it reads the Secrets, decodes and verifies every token in them
// with the account's AuthToken, holds them against the clock each second, and works out from what it sees why a token
// was replaced. It therefore shares no code with the operator but the API types and the token library.
//
// Run it as `make demo`, or `make demo ARGS="--for 60s"` to have it end by itself with a verdict: it exits with 1 where
// a token was found expired or false, or where a sample was not renewed. Ctrl-C ends it and leaves nothing behind; a
// second Ctrl-C does not wait for anything.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// options are the command line.
type options struct {
	period  time.Duration // how long to run; zero means until interrupted
	manager string        // path of the manager; empty means the one built beside the demo
}

func main() {
	// The libraries would write into the table; what they could say shows in what the demo watches.
	klog.SetLogger(logr.Discard())
	ctrllog.SetLogger(logr.Discard())

	given, err := parseArgs(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(exitUsage)
	}
	os.Exit(run(given))
}

func parseArgs(args []string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.DurationVar(&o.period, "for", 0, "stop after this `time`, such as 60s, with a verdict (default: run until Ctrl-C)")
	flags.StringVar(&o.manager, "manager", "", "`path` of the manager (default: the one beside this program)")
	if err := flags.Parse(args); err != nil {
		return o, fmt.Errorf("reading the command line: %w", err)
	}
	var wrong error
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.period < 0:
		wrong = errors.New("--for must not be negative: write a time such as 60s")
	}
	if wrong != nil {
		fmt.Fprintln(usage, "demo:", wrong)
		flags.Usage()
	}
	return o, wrong
}
