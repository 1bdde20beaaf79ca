package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/rest"

	"github.com/capability-operator/capability-operator/internal/startup"
)

// lookEvery is the time between two looks at the rights while the caches fill.
const lookEvery = 5 * time.Second

// work has managers work one after the other until ctx ends, each in all the namespaces that could be read when it began: a
// cache can't be extended to another namespace, and what one namespace lacks must not hold up the others.
func work(ctx context.Context, config *rest.Config, o options) error {
	rights, err := startup.AwaitRights(ctx, config, o.probeAddress, startup.Scope{
		Namespaces: o.namespaces, ClusterAccounts: o.clusterAccounts, LeaveOut: true, Granted: "config/rbac", GrantedIn: "config/namespaced/tenant",
	})
	if err != nil {
		return fmt.Errorf("waiting for the rights to read: %w", err)
	}
	for rights != nil && err == nil && ctx.Err() == nil {
		namespacesLeftOut.Set(float64(len(rights.LeftOut)))
		o.namespaces = rights.Namespaces
		rights, err = manage(ctx, config, o, rights)
	}
	return err
}

// manage runs a manager until ctx ends, or until there are more namespaces for the next.
func manage(ctx context.Context, config *rest.Config, o options, rights *startup.Rights) (*startup.Rights, error) {
	running, end := context.WithCancel(ctx)
	defer end()
	mgr, synced, err := newManager(running, rest.CopyConfig(config), o)
	if err != nil {
		return nil, err
	}
	ended, stuck, found := make(chan error, 1), make(chan error, 1), make(chan *startup.Rights, 1)
	go func() { ended <- mgr.Start(running) }()
	go func() {
		if err := fill(running, synced, rights); err != nil {
			stuck <- err
		}
	}()
	go func() {
		found <- rights.AwaitMore(running)
		end()
	}()
	select {
	case err = <-ended:
	case err = <-stuck: // Start goes on until its caches are filled, whatever ends; it leads nothing before that, and ends with the process
		if ctx.Err() != nil {
			err = nil // which was what it was told
		}
	}
	if err != nil {
		return nil, fmt.Errorf("running the manager: %w", err)
	}
	return <-found, nil
}

var errNotFilled = errors.New("the caches were not filled in time")

// fill returns once the caches hold what they are to. It returns an error where a right is withdrawn meanwhile, for which they
// would wait for ever, or where ctx ended and they are not filled a while later.
func fill(ctx context.Context, synced func(context.Context) bool, rights *startup.Rights) error {
	for ctx.Err() == nil {
		waiting, cancel := context.WithTimeout(ctx, lookEvery)
		filled := synced(waiting)
		cancel()
		if filled {
			return nil
		}
		if err := rights.Withdrawn(ctx); err != nil {
			return fmt.Errorf("filling the caches: %w", err)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if !synced(last) {
		return errNotFilled
	}
	return nil
}
