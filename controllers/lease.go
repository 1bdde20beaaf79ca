package controllers

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// The times of the lease are those of the library's election of a leader.
const (
	leaseDuration = 15 * time.Second
	leaseRetry    = 2 * time.Second
	// LeaseDeadline is how long the lease is held on to without being renewed.
	LeaseDeadline = 10 * time.Second
)

// Lease is held by one manager of all that work in a cluster, whatever share of
// the namespaces each has. Its holder writes the status of ClusterAccounts.
// Losing it ends nothing: another goes on, and what is still under way conflicts.
type Lease struct {
	lock resourcelock.Interface
	held atomic.Bool
	won  chan struct{}
}

// NewLease returns a Lease that is won by way of the lock; with nil it is held
// from the start, for there is nobody else.
func NewLease(lock resourcelock.Interface) *Lease {
	l := &Lease{lock: lock, won: make(chan struct{}, 1)}
	if lock == nil {
		l.held.Store(true)
	}
	return l
}

// Held reports whether this process holds the lease.
func (l *Lease) Held() bool { return l.held.Load() }

// Won brings a value each time this process wins the lease.
func (l *Lease) Won() <-chan struct{} { return l.won }

// NeedLeaderElection is false: whoever leads a share of the namespaces need not
// be the one who holds this.
func (l *Lease) NeedLeaderElection() bool { return false }

// Start takes part in the election until ctx ends, and then gives the lease back.
func (l *Lease) Start(ctx context.Context) error {
	if l.lock == nil {
		<-ctx.Done()
		return nil
	}
	_, name, _ := strings.Cut(l.lock.Describe(), "/") // which metrics tell it by
	ctx = log.IntoContext(ctx, log.FromContext(ctx))  // the election would write its own format beside the log
	for ctx.Err() == nil {
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock:            l.lock,
			Name:            name,
			LeaseDuration:   leaseDuration,
			RenewDeadline:   LeaseDeadline,
			RetryPeriod:     leaseRetry,
			ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: l.win,
				OnStoppedLeading: func() { l.held.Store(false) },
			},
		})
		if err != nil {
			return fmt.Errorf("setting up the election over accounts: %w", err)
		}
		elector.Run(ctx)
	}
	return nil
}

// win runs beside the election: ctx has ended where the lease is lost again
// already, and the callback that says so has run or will.
func (l *Lease) win(ctx context.Context) {
	l.held.Store(true)
	if ctx.Err() != nil {
		l.held.Store(false)
		return
	}
	select {
	case l.won <- struct{}{}:
	default: // what was told before has not been heard yet, and says the same
	}
}
