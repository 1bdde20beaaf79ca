// The tokenserver program serves tokens on demand.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/capability-operator/capability-operator/internal/buildinfo"
	"github.com/capability-operator/capability-operator/internal/startup"
)

func main() {
	if err := run(ctrl.SetupSignalHandler(), os.Args[1:], os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintf(os.Stderr, "capability-operator-tokenserver: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	if o.version {
		_, err = fmt.Fprintln(os.Stdout, buildinfo.Read().Line("capability-operator-tokenserver"))
		return err
	}
	setLogger(o.logLevel, stderr)
	config, err := startup.ClusterConfig()
	if err != nil {
		return err
	}
	p, err := newProgram(ctx, config, o)
	if err != nil {
		return err
	}
	return p.run(ctx)
}

func (p *program) run(ctx context.Context) error {
	defer p.stop()
	if p.options.shared {
		return p.runShared(ctx)
	}
	// The front lives from the first moment to the last: it says that the process
	// lives while that waits, and serves while the rest stands still.
	serving, end := context.WithCancel(ctx)
	defer end()
	ended := make(chan error, 1)
	go func() {
		ended <- p.front.Run(serving)
		end()
	}()
	failed := p.prepare(serving)
	if failed != nil {
		end()
	}
	return errors.Join(failed, <-ended)
}

// runShared listens once it can answer: whoever listens on a shared address takes
// its part of the connections, and others are there to answer them.
func (p *program) runShared(ctx context.Context) error {
	if err := p.prepare(ctx); err != nil {
		return err
	}
	if p.caches == nil || !p.caches.WaitForSync(ctx) {
		return nil // it was told to end
	}
	if err := p.listen(ctx); err != nil {
		return err
	}
	return p.front.Run(ctx)
}

// prepare waits for everything that is needed, and then has the front serve. It
// returns early where ctx ends.
func (p *program) prepare(ctx context.Context) error {
	answers, err := startup.AwaitAPIServer(ctx, p.config, "0")
	if err != nil {
		return fmt.Errorf("waiting for the API server: %w", err)
	}
	if !answers {
		return nil
	}
	rights, err := startup.AwaitRights(ctx, p.config, "0", startup.Scope{
		Namespaces: p.options.namespaces, ClusterAccounts: p.options.clusterAccounts, LeaveOut: true, Granted: "config/ondemand",
	})
	if err != nil {
		return fmt.Errorf("waiting for the rights to read: %w", err)
	}
	if rights == nil {
		return nil
	}
	return p.serve(ctx, rights.LeftOut)
}
