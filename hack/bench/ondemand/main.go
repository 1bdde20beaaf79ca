package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/capability-operator/capability-operator/hack/machine"
)

func main() {
	// What the libraries could say shows in what is measured.
	klog.SetLogger(logr.Discard())
	ctrllog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// setup is how to measure.
type setup struct {
	repository  string
	tokenserver string
	profiles    string
	connections int
	rounds      int
	warmUp      time.Duration
	window      time.Duration

	begun time.Time
}

func run(ctx context.Context, args []string) error {
	s, err := parseArgs(args, os.Stderr)
	if err != nil {
		return err
	}
	s.say("starting a control plane and the token server")
	st, err := newStage(ctx, s)
	if err != nil {
		return err
	}
	r, err := st.measure(ctx)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, st.server.log)
	}
	if err := errors.Join(err, st.close()); err != nil {
		return err
	}
	r.print(os.Stdout, machine.Description())
	if off := r.off(); len(off) > 0 {
		return fmt.Errorf("counts are off:\n%s", strings.Join(off, "\n"))
	}
	return nil
}

// say tells whoever waits how far it is.
func (s setup) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "[%6.1f s] %s\n", time.Since(s.begun).Seconds(), fmt.Sprintf(format, args...))
}

func parseArgs(args []string, usage io.Writer) (setup, error) {
	s := setup{begun: time.Now()}
	flags := flag.NewFlagSet("ondemand", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&s.repository, "repository", ".", "`path` of the repository, for the manifests")
	flags.StringVar(&s.tokenserver, "tokenserver", "bin/tokenserver", "`path` of the token server")
	flags.StringVar(&s.profiles, "profiles", "",
		"`folder` to keep profiles of the token server in, one for each kind of request; it must be built with -tags pprof")
	flags.IntVar(&s.connections, "connections", 16, "how many connections there are, each with one request under way at a time; the token server serves 64 of one caller")
	flags.IntVar(&s.rounds, "rounds", 20, "how often to go through all kinds of requests")
	flags.DurationVar(&s.warmUp, "warm-up", 2*time.Second, "how long each kind of request is sent before anything is counted")
	flags.DurationVar(&s.window, "window", time.Second, "how long each kind of request is sent in each round")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if s.connections < 1 || s.rounds < 1 || s.window <= 0 || s.warmUp <= 0 {
		return s, errors.New("--connections, --rounds, --window and --warm-up must be more than nothing")
	}
	return s, nil
}
