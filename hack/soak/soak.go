package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/capability-operator/capability-operator/hack/machine"
)

const (
	// beginsWithin bounds the time until every object has its first token.
	beginsWithin = 5 * time.Minute
	// tellEvery is how often it says how far it is.
	tellEvery = time.Minute
	// settles is how long a process that leads grows for reasons of its own: the client library remembers each event for up
	// to twelve minutes, to count others like it up.
	settles = 12 * time.Minute
	// parts is into how many parts the report divides the time.
	parts = 12
)

// soak is everything that is at work.
type soak struct {
	*stage
	tenants  []*tenant
	accounts []*account
	registry *registry
	observer *observer
	managers []*manager
	sampler  *sampler
	breaker  *breaker
	hands    *hands
	random   *rand.Rand
	before   watches
}

// run soaks until the time is over or ctx ends. It returns a report whenever there is something to report.
func run(ctx context.Context, o options) (found *report, err error) {
	o.say("starting a control plane; seed %d", o.seed)
	s, err := newStage(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	k := &soak{stage: s, registry: newRegistry(), random: rand.New(rand.NewPCG(o.seed, 0))}
	if err := k.prepare(ctx); err != nil {
		return nil, err
	}
	// What is at work must not end with ctx: it ends in order, when it is known what it did.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer func() {
		stop()
		running.Wait()
		if found != nil {
			k.expectDiscreet()
			found.findings = k.findings.list() // what there is to say of the end, too
		}
	}()
	for _, m := range k.managers {
		running.Go(func() { m.run(working) })
	}
	running.Go(func() { k.observer.run(working) })
	running.Go(func() { k.sampler.run(working) })
	if err := k.begin(ctx); err != nil {
		return nil, err
	}
	k.observer.startOver()
	begun := time.Now()
	err = k.breakThings(ctx)
	found = k.report(begun)
	if err == nil {
		found.watchesBefore = k.before
		found.watchesAfter, err = k.settledWatches(ctx, k.before)
	}
	return found, err
}

func (k *soak) prepare(ctx context.Context) (err error) {
	if k.tenants, k.accounts, err = k.settle(ctx); err != nil {
		return err
	}
	k.observer = newObserver(k.Admin, k.registry, k.accounts, k.findings)
	for _, name := range []string{"a", "b"} {
		m, err := newManager(ctx, k.stage, name)
		if err != nil {
			return err
		}
		k.managers = append(k.managers, m)
	}
	if k.sampler, err = newSampler(k.stage, k.managers); err != nil {
		return err
	}
	k.breaker = newBreaker(k.stage, k.managers, k.observer, k.accounts, rand.New(rand.NewPCG(k.seed, 1)))
	k.hands = &hands{
		stage: k.stage, registry: k.registry, tenants: k.tenants, random: rand.New(rand.NewPCG(k.seed, 2)), done: map[string]int{},
	}
	return nil
}

// begin declares the objects and waits until each has its token.
func (k *soak) begin(ctx context.Context) error {
	k.say("declaring %d objects", k.objects)
	if err := k.declareAll(ctx, k.registry, k.tenants, k.random); err != nil {
		return err
	}
	for {
		leader, standby := k.breaker.roles(ctx)
		_, without := k.observer.lateness(time.Now())
		if without == 0 && leader != nil && standby != nil {
			break
		}
		if time.Since(k.begun) > beginsWithin {
			return fmt.Errorf("after %s, %d objects have no token", beginsWithin, without)
		}
		if err := pause(ctx, judgeEvery); err != nil {
			return err
		}
	}
	k.say("every object has a token")
	if err := pause(ctx, 2*sampleEvery); err != nil {
		return err
	}
	var err error
	k.before, err = k.openWatches(ctx)
	return err
}

// breakThings does so for the period, and then waits until nothing is late.
func (k *soak) breakThings(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	working, rest := context.WithCancel(ctx)
	running.Go(func() {
		if err := k.hands.run(working); err != nil {
			cancel(err)
		}
	})
	running.Go(func() {
		for pause(working, tellEvery) == nil {
			k.tell()
		}
	})
	err := k.breaker.run(ctx)
	rest()
	running.Wait()
	if err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	if err := k.breaker.recover(ctx, "the last fault"); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// tell says how far it is.
func (k *soak) tell() {
	t := k.observer.counted()
	memory := ""
	samples := k.sampler.taken()
	for _, m := range k.managers {
		for i := len(samples) - 1; i >= 0; i-- {
			if s := samples[i]; s.manager == m.name {
				memory += fmt.Sprintf("; %s %s", m.name, megabytes(s.resident))
				break
			}
		}
	}
	k.say("%d renewals, %d expired, least life left %s%s", t.renewed, t.expired, t.least.Round(100*time.Millisecond), memory)
}

func (k *soak) report(begun time.Time) *report {
	samples := k.sampler.taken()
	period := time.Since(begun)
	r := &report{
		period: period, objects: k.objects, seed: k.seed, machine: machine.Processor() + ", " + machine.Platform() + "; everything on one machine.",
		tally: k.observer.counted(), brought: k.hands.counts(), ended: map[string]int{},
		lifetimes: lifetimesOf(samples, min(settles, period/5), period/20),
		course:    courseOf(samples, begun, parts),
	}
	for _, m := range k.managers {
		r.managers = append(r.managers, m.name)
		for why, n := range m.ended() {
			r.ended[why] += n
		}
	}
	k.breaker.mu.Lock()
	defer k.breaker.mu.Unlock()
	maps.Copy(r.brought, k.breaker.brought)
	r.outages, r.failovers, r.recovered = k.breaker.outages, k.breaker.failovers, k.breaker.recovered
	return r
}
