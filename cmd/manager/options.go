package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/startup"
	"github.com/capability-operator/capability-operator/twilio"
)

// options are what the command line says.
type options struct {
	metrics                 metricsOptions
	probeAddress            string
	leaderElect             bool
	leaderElectionNamespace string
	leaderElectionID        string
	namespaces              []string
	concurrency             int
	allowedPrefixes         []string
	clusterAccounts         bool
	twilioAPIURL            string
	logLevel                slog.Level
	version                 bool
}

func parseOptions(args []string, output io.Writer) (options, error) {
	var o options
	var namespaces, prefixes, level string
	flags := flag.NewFlagSet("manager", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error says what is wrong; all flags are for --help
	config.RegisterFlags(flags) // --kubeconfig
	o.metrics.register(flags)
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081", "Address on which /healthz and /readyz are served. 0 switches it off.")
	flags.BoolVar(&o.leaderElect, "leader-elect", false, "Elect a leader among several managers; the others stand by with warm caches.")
	flags.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", "", "Namespace of the leader's lease. Empty: the manager's own, in a cluster.")
	flags.StringVar(&o.leaderElectionID, "leader-election-id", operatorName,
		"Name of the leader's lease. Managers that share the namespaces of a cluster among them need one each; replicas of the same have the same.")
	flags.StringVar(&namespaces, "watch-namespaces", "", "Namespaces to work in, separated by commas. Empty: all.")
	flags.IntVar(&o.concurrency, "max-concurrent-reconciles", 16, "How many ClientCapabilities are worked on at a time.")
	flags.StringVar(&prefixes, "allowed-metadata-prefixes", "reloader.stakater.com/",
		"Prefixes, separated by commas, that keys in spec.secret.labels and spec.secret.annotations may have besides having none.")
	flags.BoolVar(&o.clusterAccounts, "cluster-accounts", true,
		"Serve ClusterAccounts, for which ClusterAccounts, namespaces and the labelled Secrets of all namespaces are read. Set it to false where that is not permitted.")
	flags.StringVar(&o.twilioAPIURL, "twilio-api-url", twilio.DefaultBaseURL, "Where Twilio is asked about the credentials of ClusterAccounts that have spec.verify. Nothing else ever calls it.")
	flags.StringVar(&level, "log-level", "info", "debug, info, warn or error.")
	flags.BoolVar(&o.version, "version", false, "Print which build this is, and end.")
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
	o.namespaces, o.allowedPrefixes = startup.List(namespaces), startup.List(prefixes)
	var err error
	if o.logLevel, err = startup.LogLevel(level); err != nil {
		return o, err
	}
	return o, o.validate()
}

func (o options) validate() error {
	var errs []error
	if o.concurrency < 1 {
		errs = append(errs, fmt.Errorf("--max-concurrent-reconciles %d: must be 1 or more", o.concurrency))
	}
	if problems := validation.IsDNS1123Subdomain(o.leaderElectionID); len(problems) > 0 {
		errs = append(errs, fmt.Errorf("--leader-election-id: %q can't name a lease: %s", o.leaderElectionID, problems[0]))
	}
	if o.leaderElectionID == accountLeaseName {
		errs = append(errs, fmt.Errorf("--leader-election-id: %s is the lease over ClusterAccounts, whatever the leader's is; choose another name", accountLeaseName))
	}
	if err := twilio.ValidateBaseURL(o.twilioAPIURL); err != nil {
		errs = append(errs, fmt.Errorf("--twilio-api-url: %w", err))
	}
	errs = append(errs, o.metrics.validate()...)
	errs = append(errs, startup.ValidateNamespaces(o.namespaces)...)
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
