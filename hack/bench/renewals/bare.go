package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/hack/installed"
)

// bareCommand has the program be a bare client: the ceiling of what any operator could do. It makes the two writes of a
// renewal, with the operator's client library and rights and as many at a time, over the same Secrets and the same
// objects; and nothing else: it signs no token in the meantime, reads nothing, watches nothing and decides nothing.
const bareCommand = "bare"

// bareOptions are the command line of a bare client.
type bareOptions struct {
	kubeconfig string
	workers    int
	warmUp     time.Duration
	window     time.Duration
	authToken  string
}

const (
	// authTokenVariable hands the account's AuthToken to a bare client.
	authTokenVariable = "BENCH_AUTH_TOKEN"
	// measuring is what a bare client prints when its warm-up is over.
	measuring = "measuring"
)

// bareMain prints what it measured and goes on until its input ends, so that it can be looked at meanwhile.
func bareMain(ctx context.Context, args []string, input io.Reader, output io.Writer) error {
	o := bareOptions{authToken: os.Getenv(authTokenVariable)}
	flags := flag.NewFlagSet(bareCommand, flag.ContinueOnError)
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "who to be")
	flags.IntVar(&o.workers, "workers", 0, "how many renewals to have under way at a time")
	flags.DurationVar(&o.warmUp, "warm-up", 0, "how long to write before it counts")
	flags.DurationVar(&o.window, "window", 0, "how long to count")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := installed.ConfigOf(o.kubeconfig)
	if err != nil {
		return err
	}
	api, err := installed.NewClient(config)
	if err != nil {
		return err
	}
	pairs, err := preparePairs(ctx, api, o.authToken)
	if err != nil {
		return err
	}
	written, err := o.write(ctx, api, pairs, output)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(output).Encode(written); err != nil {
		return fmt.Errorf("telling the result: %w", err)
	}
	_, err = io.Copy(io.Discard, input)
	return err
}

// bareResult is what a bare client did in its window.
type bareResult struct {
	Renewals int64         `json:"renewals"`
	Took     time.Duration `json:"took"`
}

func (o bareOptions) write(ctx context.Context, api client.Client, pairs []*pair, output io.Writer) (bareResult, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done atomic.Int64
	stop := make(chan struct{})
	var running sync.WaitGroup
	for worker := range o.workers {
		running.Go(func() {
			if err := renewAll(ctx, api, share(pairs, worker, o.workers), stop, &done); err != nil {
				cancel(err)
			}
		})
	}
	err := waitFor(ctx, o.warmUp)
	fmt.Fprintln(output, measuring)
	begin, before := time.Now(), done.Load()
	err = errors.Join(err, waitFor(ctx, o.window))
	result := bareResult{Renewals: done.Load() - before, Took: time.Since(begin)}
	close(stop)
	running.Wait()
	return result, err
}

// share is what falls to one of the workers, so that no two write the same object.
func share(pairs []*pair, worker, workers int) []*pair {
	var mine []*pair
	for i := worker; i < len(pairs); i += workers {
		mine = append(mine, pairs[i])
	}
	return mine
}

// renewAll renews one after the other, round and round, until it is told to stop.
func renewAll(ctx context.Context, api client.Client, pairs []*pair, stop <-chan struct{}, done *atomic.Int64) error {
	for len(pairs) > 0 {
		for _, p := range pairs {
			select {
			case <-stop:
				return nil
			default:
			}
			if err := p.renew(ctx, api); err != nil {
				return err
			}
			done.Add(1)
		}
	}
	return nil
}
