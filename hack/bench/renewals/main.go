package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
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

// setup is what to measure, and with what.
type setup struct {
	repository string
	manager    string
	profiles   string
	sections   []string

	objects, restarted, unrelated, newcomers, scraped int
	sizes                                             []int

	workers, rounds          int
	warmUp, window, settling time.Duration

	begun time.Time
}

// section measures something on a stage of its own.
type section struct {
	name    string
	measure func(context.Context, *stage, *table) error
}

var sections = []section{
	{"cost", cost},
	{"saturation", saturation},
	{"lateness", lateness},
	{"newcomers", newcomers},
	{"restart", restart},
	{"overdue", overdue},
	{"unrelated", unrelated},
	{"memory", memory},
	{"scrape", scrape},
}

func sectionNames() []string {
	var names []string
	for _, s := range sections {
		names = append(names, s.name)
	}
	return names
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) > 0 && args[0] == bareCommand:
		return bareMain(ctx, args[1:], os.Stdin, os.Stdout)
	case len(args) > 0 && args[0] == bareListCommand:
		return bareListMain(ctx, args[1:])
	}
	s, err := parseArgs(args, os.Stderr)
	if err != nil {
		return err
	}
	t := &table{}
	var failed []error
	for _, section := range sections {
		if !slices.Contains(s.sections, section.name) || ctx.Err() != nil {
			continue
		}
		if err := s.measure(ctx, section, t); err != nil {
			s.say("%s failed: %v", section.name, err)
			failed = append(failed, fmt.Errorf("%s: %w", section.name, err))
		}
	}
	t.print(os.Stdout, machine.Description()) // also what was measured before something failed
	if off := t.off(); len(off) > 0 {
		failed = append(failed, fmt.Errorf("counts are off:\n%s", strings.Join(off, "\n")))
	}
	return errors.Join(failed...)
}

func (s setup) measure(ctx context.Context, section section, t *table) error {
	s.say("%s: starting a control plane", section.name)
	st, err := newStage(ctx, s)
	if err != nil {
		return err
	}
	return errors.Join(section.measure(ctx, st, t), st.close())
}

// say tells whoever waits how far it is.
func (s setup) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "[%6.1f s] %s\n", time.Since(s.begun).Seconds(), fmt.Sprintf(format, args...))
}

func parseArgs(args []string, usage io.Writer) (setup, error) {
	s := setup{begun: time.Now(), sizes: []int{2000, 10000, 50000}}
	var wanted string
	flags := flag.NewFlagSet("renewals", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&s.repository, "repository", ".", "`path` of the repository, for the manifests")
	flags.StringVar(&s.manager, "manager", "bin/manager", "`path` of the manager")
	flags.StringVar(&s.profiles, "profiles", "", "`folder` to keep the manager's profiles of the section saturation in; the manager must be built with -tags pprof")
	flags.StringVar(&wanted, "sections", strings.Join(sectionNames(), ","), "what to measure")
	flags.IntVar(&s.objects, "objects", 2000, "how many objects are always due in the section saturation")
	flags.IntVar(&s.workers, "workers", 16, "how many renewals the manager, and a bare client, has under way at a time")
	flags.IntVar(&s.rounds, "rounds", 2, "how often to alternate between the bare client and the manager")
	flags.Func("sizes", "how many objects the manager's memory is measured with (2000,10000,50000)", func(list string) (err error) {
		s.sizes, err = numbers(list)
		return err
	})
	flags.IntVar(&s.restarted, "restarted", 10000, "how many objects the manager finds in the sections restart and overdue; they are declared at 10,000 a minute")
	flags.IntVar(&s.unrelated, "unrelated", 2000, "how many Secrets of 100 KiB the section unrelated creates")
	flags.IntVar(&s.scraped, "scraped", 10000, "how many objects metrics tell of in the section scrape")
	flags.IntVar(&s.newcomers, "newcomers", 100, "how many objects are declared while renewals saturate")
	flags.DurationVar(&s.warmUp, "warm-up", 3*time.Second, "how long the bare client writes before it counts")
	flags.DurationVar(&s.window, "window", 15*time.Second, "how long each rate is measured")
	flags.DurationVar(&s.settling, "settling", 30*time.Second, "how long the manager has had nothing to do when its memory is taken")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	s.sections = strings.Split(wanted, ",")
	for _, name := range s.sections {
		if !slices.Contains(sectionNames(), name) {
			return s, fmt.Errorf("--sections: %q is none of %s", name, strings.Join(sectionNames(), ", "))
		}
	}
	if min(s.objects, s.restarted, s.unrelated-unrelatedSample, s.newcomers, s.scraped, s.workers, s.rounds) < 1 || s.window < 2*time.Second {
		return s, fmt.Errorf("numbers must be 1 or more, --unrelated more than %d, and --window 2s or more", unrelatedSample)
	}
	return s, nil
}

// numbers reads whole numbers that grow.
func numbers(list string) ([]int, error) {
	var read []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || len(read) > 0 && n <= read[len(read)-1] {
			return nil, fmt.Errorf("%q must be whole numbers that grow, separated by commas", list)
		}
		read = append(read, n)
	}
	return read, nil
}
