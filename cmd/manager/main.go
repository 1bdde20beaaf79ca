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
