package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/capability-operator/capability-operator/internal/reviews"
)

// metricsOptions say where metrics are served, and to whom.
type metricsOptions struct {
	address                     string
	secure                      bool
	certPath, certName, certKey string
	perObject                   bool
}

func (o *metricsOptions) register(flags *flag.FlagSet) {
	flags.StringVar(&o.address, "metrics-bind-address", "0", "Address on which metrics are served, such as :8443. 0 switches it off.")
	flags.BoolVar(&o.secure, "metrics-secure", true,
		"Serve metrics by HTTPS, and to those alone whom the API server permits to get /metrics. With false it is plain HTTP, to anybody: for loopback.")
	flags.StringVar(&o.certPath, "metrics-cert-path", "",
		"Folder with the certificate of metrics, which is followed as it changes. Empty: one that is made at the start and signed by itself.")
	flags.StringVar(&o.certName, "metrics-cert-name", "tls.crt", "Name of the certificate's file in --metrics-cert-path.")
	flags.StringVar(&o.certKey, "metrics-cert-key", "tls.key", "Name of the key's file in --metrics-cert-path.")
	flags.BoolVar(&o.perObject, "per-object-metrics", true,
		"Serve, for each ClientCapability, when its token expires and is renewed. Set it to false where these are too many series.")
}

func (o *metricsOptions) validate() []error {
	if !o.secure && o.certPath != "" {
		return []error{errors.New("--metrics-cert-path: plain HTTP has no certificate; leave the path out, or --metrics-secure=false")}
	}
	return nil
}

// howToRead is what a caller who may not read metrics is told to do.
const howToRead = "bind the ClusterRole capability-operator-metrics-reader to the caller's ServiceAccount, and send that one's token"

// server is how metrics are served. The certificate, where it comes from files, is
// for the manager to follow; nil where it does not.
func (o *metricsOptions) server() (server.Options, *certwatcher.CertWatcher, error) {
	served := server.Options{BindAddress: o.address, SecureServing: o.secure}
	if !o.secure || o.address == "0" {
		return served, nil, nil
	}
	served.FilterProvider = permitted
	served.TLSOpts = []func(*tls.Config){func(c *tls.Config) {
		c.MinVersion = tls.VersionTLS12
		c.NextProtos = []string{"http/1.1"} // without the ways there have been to exhaust a server of HTTP/2
	}}
	if o.certPath == "" {
		return served, nil, nil
	}
	// The library would make a certificate of its own where these are missing.
	certificate, err := certwatcher.New(filepath.Join(o.certPath, o.certName), filepath.Join(o.certPath, o.certKey))
	if err != nil {
		return served, nil, fmt.Errorf("reading the certificate of metrics, by --metrics-cert-path, -name and -key: %w", err)
	}
	served.TLSOpts = append(served.TLSOpts, func(c *tls.Config) { c.GetCertificate = certificate.GetCertificate })
	return served, certificate, nil
}

// permitted is a server.Options.FilterProvider. The library's own does the same by
// way of a library for whole API servers.
func permitted(config *rest.Config, client *http.Client) (server.Filter, error) {
	return func(log logr.Logger, page http.Handler) (http.Handler, error) {
		gate, err := reviews.NewGate(config, client, log, howToRead)
		if err != nil {
			return nil, err
		}
		return gate.Around(page), nil
	}, nil
}
