// Command manager runs the operator: it watches ClientCapabilities and keeps
// their Secrets filled with valid tokens.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/capability-operator/capability-operator/internal/buildinfo"
	"github.com/capability-operator/capability-operator/internal/startup"
)

func main() {
	if err := run(ctrl.SetupSignalHandler(), os.Args[1:], os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintf(os.Stderr, "capability-operator: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	if o.version {
		_, err = fmt.Fprintln(os.Stdout, buildinfo.Read().Line(operatorName))
		return err
	}
	logger := startup.Logger(o.logLevel, stderr)
	ctrl.SetLogger(logger)
	// What serves metrics writes there of everybody who connects and does not speak TLS.
	slog.SetLogLoggerLevel(slog.LevelDebug)
	slog.SetDefault(slog.New(logr.ToSlogHandler(logger)))
	config, err := startup.ClusterConfig()
	if err != nil {
		return err
	}
	answers, err := startup.AwaitAPIServer(ctx, config, o.probeAddress)
	if err != nil {
		return fmt.Errorf("waiting for the API server: %w", err)
	}
	if !answers {
		return nil // told to end before there was anything to do
	}
	return work(ctx, config, o)
}

// work has managers work one after the other until ctx ends, each in all the namespaces that may be read by then: a cache
// can't be extended to another namespace, and what one namespace lacks must not hold up the others.
func work(ctx context.Context, config *rest.Config, o options) error {
	rights, err := startup.AwaitRights(ctx, config, o.probeAddress, startup.Scope{
		Namespaces: o.namespaces, ClusterAccounts: o.clusterAccounts, LeaveOut: true, Granted: "config/rbac", GrantedIn: "config/namespaced/tenant",
	})
	if err != nil {
		return fmt.Errorf("waiting for the rights to read: %w", err)
	}
	for rights != nil && err == nil {
		namespacesLeftOut.Set(float64(len(rights.LeftOut)))
		o.namespaces = rights.Namespaces
		rights, err = manage(ctx, config, o, rights)
	}
	return err
}

// manage runs a manager until ctx ends, or until there are more namespaces for the next.
func manage(ctx context.Context, config *rest.Config, o options, rights *startup.Rights) (*startup.Rights, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	mgr, err := newManager(ctx, rest.CopyConfig(config), o)
	if err != nil {
		return nil, err
	}
	found := make(chan *startup.Rights, 1)
	go func() {
		found <- rights.AwaitMore(ctx)
		end()
	}()
	if err := mgr.Start(ctx); err != nil {
		return nil, fmt.Errorf("running the manager: %w", err)
	}
	return <-found, nil
}
