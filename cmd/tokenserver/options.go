package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"

	"github.com/capability-operator/capability-operator/internal/startup"
)

// options are what the command line says.
type options struct {
	address           string
	shared            bool
	certFile, keyFile string
	certNamespace     string
	certSecret        string
	certConfigMap     string
	certAPIService    string
	certNames         []string
	namespaces        []string
	clusterAccounts   bool
	logLevel          slog.Level
	version           bool
}

func parseOptions(args []string, output io.Writer) (options, error) {
	var o options
	var namespaces, names, level string
	flags := flag.NewFlagSet("tokenserver", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error says what is wrong; all flags are for --help
	config.RegisterFlags(flags) // --kubeconfig
	flags.StringVar(&o.address, "bind-address", ":10443", "Address on which the API is served, by HTTPS. There is no other.")
	flags.BoolVar(&o.shared, "permit-port-sharing", false, "Let other replicas on the same node listen on the same address (SO_REUSEPORT).")
	flags.StringVar(&o.certFile, "tls-cert-file", "", "File with the serving certificate, such as cert-manager writes. It is read again when it changes. Empty: it is made.")
	flags.StringVar(&o.keyFile, "tls-private-key-file", "", "File with the key of that certificate.")
	flags.StringVar(&o.certNamespace, "cert-namespace", "", "Namespace of --cert-secret and --cert-configmap. Empty: the server's own, in a cluster.")
	flags.StringVar(&o.certSecret, "cert-secret", "tokenserver-certificate", "Secret in which the certificate that is made is kept.")
	flags.StringVar(&o.certConfigMap, "cert-configmap", "tokenserver-ca", "ConfigMap in which its authority is published, under ca.crt.")
	flags.StringVar(&o.certAPIService, "cert-apiservice", "v1alpha1.tokens.voice.capability-operator.io", "APIService whose caBundle is kept right.")
	flags.StringVar(&names, "cert-names", "",
		"Names and addresses, separated by commas, that the certificate is for. The Service's must be among them, as NAME.NAMESPACE.svc, which is all where this is empty, with the name tokenserver.")
	flags.StringVar(&namespaces, "watch-namespaces", "", "Namespaces to serve, separated by commas. Empty: all.")
	flags.BoolVar(&o.clusterAccounts, "cluster-accounts", true,
		"Serve ClusterAccounts, for which ClusterAccounts, namespaces and the labelled Secrets of all namespaces are read. Set it as the manager's is.")
	flags.StringVar(&level, "log-level", "info", "debug, info, warn or error.")
	flags.BoolVar(&o.version, "version", false, "Print which build this is, and end.")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(output)
			flags.PrintDefaults()
		}
		return o, err
	}
	if o.version {
		return o, nil
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: every setting is a flag, see --help", flags.Arg(0))
	}
	o.namespaces, o.certNames = startup.List(namespaces), startup.List(names)
	o.setDefaults()
	var err error
	if o.logLevel, err = startup.LogLevel(level); err != nil {
		return o, err
	}
	return o, o.validate()
}

// ownNamespace is where a pod finds the name of its namespace.
const ownNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

func (o *options) setDefaults() {
	if o.certNamespace == "" {
		if own, err := os.ReadFile(ownNamespace); err == nil { // outside of a cluster there is none
			o.certNamespace = strings.TrimSpace(string(own))
		}
	}
	if len(o.certNames) == 0 {
		o.certNames = []string{"tokenserver." + o.certNamespace + ".svc"}
	}
}

func (o options) validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(o.address); err != nil {
		errs = append(errs, fmt.Errorf("--bind-address %q: must be an address and a port, such as :10443", o.address))
	}
	if (o.certFile == "") != (o.keyFile == "") {
		errs = append(errs, errors.New("--tls-cert-file and --tls-private-key-file belong together: set both, or neither"))
	}
	if o.certFile == "" {
		errs = append(errs, o.validateMade()...)
	}
	errs = append(errs, startup.ValidateNamespaces(o.namespaces)...)
	return errors.Join(errs...)
}

// validateMade looks at what a certificate that is made needs.
func (o options) validateMade() (errs []error) {
	if o.certNamespace == "" {
		return []error{errors.New("--cert-namespace: name one, outside of a cluster, or give the certificate in files (--tls-cert-file)")}
	}
	if problems := validation.IsDNS1123Label(o.certNamespace); len(problems) > 0 {
		errs = append(errs, fmt.Errorf("--cert-namespace: %q is no name of a namespace: %s", o.certNamespace, problems[0]))
	}
	for flag, name := range map[string]string{"cert-secret": o.certSecret, "cert-configmap": o.certConfigMap, "cert-apiservice": o.certAPIService} {
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			errs = append(errs, fmt.Errorf("--%s: %q is no name: %s", flag, name, problems[0]))
		}
	}
	for _, name := range o.certNames {
		if net.ParseIP(name) == nil && len(validation.IsDNS1123Subdomain(name)) > 0 {
			errs = append(errs, fmt.Errorf("--cert-names: %q is neither a host name nor an address", name))
		}
	}
	return errs
}

// setLogger has the libraries log as this program does, and at no level at which
// they log what is in a request.
func setLogger(level slog.Level, output io.Writer) {
	logger := startup.Logger(level, output)
	ctrl.SetLogger(logger)
	klog.SetLogger(logger.WithName("kubernetes"))
}
