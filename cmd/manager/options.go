package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/validation"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/twilio"
)

// options are what the command line says.
type options struct {
	metricsAddress          string
	probeAddress            string
	leaderElect             bool
	leaderElectionNamespace string
	namespaces              []string
	concurrency             int
	allowedPrefixes         []string
	clusterAccounts         bool
	twilioAPIURL            string
	logLevel                slog.Level
}

// levels leaves out the levels below debug, at which client libraries log the
// bodies of requests: those hold tokens.
var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

func parseOptions(args []string, output io.Writer) (options, error) {
	var o options
	var namespaces, prefixes, level string
	flags := flag.NewFlagSet("manager", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error says what is wrong; all flags are for --help
	config.RegisterFlags(flags) // --kubeconfig
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0", "Address on which metrics are served, by HTTP, such as 127.0.0.1:8080. 0 switches it off.")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081", "Address on which /healthz and /readyz are served. 0 switches it off.")
	flags.BoolVar(&o.leaderElect, "leader-elect", false, "Elect a leader among several managers; the others stand by with warm caches.")
	flags.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", "", "Namespace of the leader's lease. Empty: the manager's own, in a cluster.")
	flags.StringVar(&namespaces, "watch-namespaces", "", "Namespaces to work in, separated by commas. Empty: all.")
	flags.IntVar(&o.concurrency, "max-concurrent-reconciles", 16, "How many ClientCapabilities are worked on at a time.")
	flags.StringVar(&prefixes, "allowed-metadata-prefixes", "reloader.stakater.com/",
		"Prefixes, separated by commas, that keys in spec.secret.labels and spec.secret.annotations may have besides having none.")
	flags.BoolVar(&o.clusterAccounts, "cluster-accounts", true,
		"Serve ClusterAccounts, for which ClusterAccounts, namespaces and the labelled Secrets of all namespaces are read. Set it to false where that is not permitted.")
	flags.StringVar(&o.twilioAPIURL, "twilio-api-url", twilio.DefaultBaseURL, "Where Twilio is asked about the credentials of ClusterAccounts that have spec.verify. Nothing else ever calls it.")
	flags.StringVar(&level, "log-level", "info", "debug, info, warn or error.")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(output)
			flags.PrintDefaults()
		}
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: every setting is a flag, see --help", flags.Arg(0))
	}
	o.namespaces, o.allowedPrefixes = list(namespaces), list(prefixes)
	var known bool
	if o.logLevel, known = levels[level]; !known {
		return o, fmt.Errorf("--log-level %q: must be debug, info, warn or error", level)
	}
	return o, o.validate()
}

func (o options) validate() error {
	var errs []error
	if o.concurrency < 1 {
		errs = append(errs, fmt.Errorf("--max-concurrent-reconciles %d: must be 1 or more", o.concurrency))
	}
	if err := twilio.ValidateBaseURL(o.twilioAPIURL); err != nil {
		errs = append(errs, fmt.Errorf("--twilio-api-url: %w", err))
	}
	for _, namespace := range o.namespaces {
		if problems := validation.IsDNS1123Label(namespace); len(problems) > 0 {
			errs = append(errs, fmt.Errorf("--watch-namespaces: %q is no name of a namespace: %s", namespace, problems[0]))
		}
	}
	for _, prefix := range o.allowedPrefixes {
		domain, ok := strings.CutSuffix(prefix, "/")
		switch {
		case !ok || len(validation.IsDNS1123Subdomain(domain)) > 0:
			errs = append(errs, fmt.Errorf("--allowed-metadata-prefixes: %q must be a domain and a slash, such as reloader.stakater.com/", prefix))
		case domain == v1alpha1.GroupName || domain == "kubernetes.io" || strings.HasSuffix(domain, ".kubernetes.io"):
			errs = append(errs, fmt.Errorf("--allowed-metadata-prefixes: %q is reserved for the system and can't be allowed", prefix))
		}
	}
	return errors.Join(errs...)
}

// list splits at commas and forgives spaces and repetitions.
func list(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	return items
}

func setLogger(level slog.Level, output io.Writer) {
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewJSONHandler(output, &slog.HandlerOptions{Level: level})))
}
