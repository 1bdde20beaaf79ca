package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// life is how long tokens live and how much of it is left when they are renewed, as declared.
type life struct{ ttl, renewBefore string }

// declared is a ClientCapability such as a team writes.
func declared(name string, l life) *v1alpha1.ClientCapability {
	return &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: tenant, Name: name},
		Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: v1alpha1.AccountReference{Name: accountName},
			ClientName: name,
			Incoming:   true,
			Outgoing: &v1alpha1.Outgoing{
				ApplicationSID: "AP0123456789abcdef0123456789abcdef",
				Params:         map[string]v1alpha1.ParamValue{"team": tenant},
			},
			TTL: v1alpha1.Duration(l.ttl), RenewBefore: v1alpha1.Duration(l.renewBefore),
		},
	}
}

// declare creates the objects numbered from first to last, last left out, evenly over a time; zero is as fast as it goes.
func (s *stage) declare(ctx context.Context, first, last int, over time.Duration, l func(i int) life) error {
	begin := time.Now()
	return many(ctx, first, last, func(ctx context.Context, i int) error {
		due := begin.Add(over * time.Duration(i-first) / time.Duration(last-first))
		if err := waitUntil(ctx, due); err != nil {
			return err
		}
		_, err := s.declareOne(ctx, objectName(i), l(i))
		return err
	})
}

// declareOne also returns when it began to.
func (s *stage) declareOne(ctx context.Context, name string, l life) (time.Time, error) {
	object, asked := declared(name, l), time.Now()
	if err := s.Admin.Create(ctx, object); err != nil {
		return asked, fmt.Errorf("declaring an object: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.declarations[name] = object
	return asked, nil
}

// remove deletes the objects numbered from first to last, last left out.
func (s *stage) remove(ctx context.Context, first, last int) error {
	return many(ctx, first, last, func(ctx context.Context, i int) error {
		if err := s.Admin.Delete(ctx, declared(objectName(i), life{})); err != nil {
			return fmt.Errorf("deleting an object: %w", err)
		}
		return nil
	})
}

// planned is when a token is due for renewal, by the operator's own schedule: what status says of it is cut to seconds.
func (s *stage) planned(name string, token capability.Token) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return issuance.RenewAt(s.declarations[name], token)
}

func objectName(i int) string { return fmt.Sprintf("client-%05d", i) }

func always(l life) func(int) life { return func(int) life { return l } }

// clients is how many calls the bench itself has under way at a time.
const clients = 16

// many does something with each number from first to last, last left out, several at a time and begun in order, until
// one fails.
func many(ctx context.Context, first, last int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for i := range numbers {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := first; i < last && ctx.Err() == nil; i++ {
		numbers <- i
	}
	close(numbers)
	running.Wait()
	return context.Cause(ctx)
}

func waitUntil(ctx context.Context, moment time.Time) error {
	return waitFor(ctx, time.Until(moment))
}

// waitFor lets time pass in which something is measured.
func waitFor(ctx context.Context, period time.Duration) error {
	if period <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(period)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
