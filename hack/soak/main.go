package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

const (
	exitFailed = 1
	exitUsage  = 2
)

// options are the command line.
type options struct {
	period     time.Duration
	objects    int
	seed       uint64
	manager    string
	repository string
	out        string
	begun      time.Time
}

// say tells whoever waits how far it is.
func (o options) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "[%7.1f s] %s\n", time.Since(o.begun).Seconds(), fmt.Sprintf(format, args...))
}

func main() {
	// What the libraries could say shows in what is observed.
	klog.SetLogger(logr.Discard())
	ctrllog.SetLogger(logr.Discard())
	o, err := parseArgs(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	found, err := run(ctx, o)
	stop()
	if found != nil {
		found.print(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	if err != nil || len(found.faults()) > 0 {
		os.Exit(exitFailed)
	}
}

func parseArgs(args []string, usage io.Writer) (options, error) {
	o := options{begun: time.Now()}
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.DurationVar(&o.period, "for", time.Hour, "how long to break things, such as 5m")
	flags.IntVar(&o.objects, "objects", 2000, "how many objects to keep")
	flags.Uint64Var(&o.seed, "seed", rand.Uint64N(1e6), "what draws the order of the faults, the lifetimes and what people do (default: by chance)")
	flags.StringVar(&o.manager, "manager", "bin/manager", "`path` of the manager")
	flags.StringVar(&o.repository, "repository", ".", "`path` of the repository, for the manifests")
	flags.StringVar(&o.out, "out", "bin/soak-kept", "`folder` for the managers' logs and all samples")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.period < time.Minute:
		return o, errors.New("--for must be 1m or more: a failover alone takes a third of that")
	case o.objects < 100:
		return o, errors.New("--objects must be 100 or more")
	}
	return o, nil
}
