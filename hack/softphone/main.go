package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/capability-operator/capability-operator/hack/installed"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const (
	// longest is how long a run may last.
	longest   = 3 * time.Hour
	startsIn  = 3 * time.Minute
	loopback  = "127.0.0.1:0"
	checkout  = "."
	complaint = "softphone:"
)

// places is what the tests need to know.
type places struct {
	Kubectl               string `json:"kubectl"`
	Kubeconfig            string `json:"kubeconfig"` // may do everything
	APIServer             string `json:"apiServer"`
	OperatorKubeconfig    string `json:"operatorKubeconfig"`
	TokenserverKubeconfig string `json:"tokenserverKubeconfig"`
	TokenserverAddress    string `json:"tokenserverAddress"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, complaint, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	starting, cancel := context.WithTimeout(ctx, startsIn)
	defer cancel()
	cluster, err := controlplane.Start(starting, controlplane.Options{
		ControllerManager: true, FrontProxy: true, CRDPaths: []string{filepath.Join(checkout, "config", "crd", "bases")},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	found, err := furnish(starting, cluster)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		return fmt.Errorf("saying where everything is: %w", err)
	}
	awaitEnd(ctx)
	return nil
}

func furnish(ctx context.Context, cluster *controlplane.Cluster) (places, error) {
	folder := filepath.Join(filepath.Dir(cluster.Kubeconfig()), "operator") // which goes with the control plane
	if err := os.Mkdir(folder, 0o700); err != nil {
		return places{}, fmt.Errorf("making a folder: %w", err)
	}
	found := places{Kubectl: cluster.KubectlPath(), Kubeconfig: cluster.Kubeconfig(), APIServer: cluster.Config.Host}
	operator, err := installed.Install(ctx, cluster, checkout, folder, longest)
	if err != nil {
		return found, err
	}
	found.OperatorKubeconfig = operator.Kubeconfig
	if found.TokenserverAddress, err = freeAddress(ctx); err != nil {
		return found, err
	}
	found.TokenserverKubeconfig, err = installTokenserver(ctx, cluster, operator.Admin, found.TokenserverAddress)
	return found, err
}

// freeAddress is one that nobody listens on a moment before it is used.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", loopback)
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	if err := listener.Close(); err != nil {
		return "", fmt.Errorf("giving a port back: %w", err)
	}
	return listener.Addr().String(), nil
}

// awaitEnd returns when nobody writes to the standard input any more: whoever started this is done, or gone.
func awaitEnd(ctx context.Context) {
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // however it ends, it ends
		close(over)
	}()
	select {
	case <-over:
	case <-ctx.Done():
	}
}
