package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"
)

// What is broken on purpose, as the report names it.
const (
	restartedAPIServer = "API server restarted"
	rotatedAuthToken   = "AuthToken rotated"
	rotatedAPIKey      = "API key rotated"
	killedLeader       = "leader killed (SIGKILL)"
	stoppedLeader      = "leader stopped (SIGTERM)"
	frozenLeader       = "leader frozen past its lease (SIGSTOP)"
	killedStandby      = "standby killed (SIGKILL)"
	stoppedStandby     = "standby stopped (SIGTERM)"
	frozenStandby      = "standby frozen (SIGSTOP)"
)

const (
	// followsWithin bounds a failover: the lease of 15 s, the next look at it, and a busy machine.
	followsWithin = 25 * time.Second
	// recoversWithin bounds the time from a fault until nothing is late.
	recoversWithin = 2 * time.Minute
	// freezes is how long a standby is frozen.
	freezes = 5 * time.Second
)

// fault is something to break. It returns when the fault is over; what it takes to recover comes after.
type fault struct {
	name  string
	bring func(ctx context.Context) error
}

// breaker brings faults about, one after the other.
type breaker struct {
	*stage
	managers []*manager
	observer *observer
	accounts []*account
	random   *rand.Rand

	mu        sync.Mutex
	brought   map[string]int
	outages   []time.Duration
	failovers []time.Duration
	recovered []time.Duration
	served    time.Time // since when the API server has been back; zero while it is away
}

func newBreaker(s *stage, managers []*manager, o *observer, accounts []*account, random *rand.Rand) *breaker {
	b := &breaker{
		stage: s, managers: managers, observer: o, accounts: accounts, random: random, brought: map[string]int{}, served: s.begun,
	}
	for _, m := range managers {
		m.resigned = b.resigned
	}
	return b
}

// stretch is a time in which one kind of faults is brought about.
type stretch struct {
	name   string
	lasts  time.Duration
	faults []fault
}

// stretches divide the time: at the beginning and at the end the leader is what is killed, and for most of the time it is
// left alone.
func (b *breaker) stretches() []stretch {
	// A leader that can't reach the API server for ten seconds ends by itself, so one that is to live on gets no more than
	// the time that a restart takes, and not too often: on a busy machine that is nearly as long.
	standby := []fault{
		b.restart(0), b.rotate(false), b.rotate(true),
		b.hitStandby(killedStandby, syscall.SIGKILL), b.hitStandby(stoppedStandby, syscall.SIGTERM), b.freezeStandby(),
	}
	leader := []fault{
		b.hitLeader(killedLeader, syscall.SIGKILL), b.hitLeader(stoppedLeader, syscall.SIGTERM), b.freezeLeader(),
		b.restart(8 * time.Second), b.rotate(false),
	}
	short := b.period / 8
	return []stretch{
		{"leaders are killed", short, leader}, {"the standby is killed", b.period - 2*short, standby}, {"leaders are killed", short, leader},
	}
}

// run breaks things for the whole period.
func (b *breaker) run(ctx context.Context) error {
	until := time.Now()
	for _, s := range b.stretches() {
		until = until.Add(s.lasts)
		b.say("%s: %s", s.lasts.Round(time.Second), s.name)
		for time.Now().Before(until) {
			for _, i := range b.random.Perm(len(s.faults)) {
				if time.Now().After(until) {
					break
				}
				if err := b.bring(ctx, s.faults[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (b *breaker) bring(ctx context.Context, f fault) error {
	b.say("%s", f.name)
	if err := f.bring(ctx); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	b.mu.Lock()
	b.brought[f.name]++
	b.mu.Unlock()
	if err := b.recover(ctx, f.name); err != nil {
		return err
	}
	return pause(ctx, 3*time.Second+time.Duration(b.random.Int64N(int64(10*time.Second))))
}

// recover waits until two managers run, one of them leads, and no token is late.
func (b *breaker) recover(ctx context.Context, after string) error {
	begun := time.Now()
	for {
		leader, standby := b.roles(ctx)
		overdue, without := b.observer.lateness(time.Now())
		took := time.Since(begun)
		if leader != nil && standby != nil && overdue < 2*time.Second && without <= b.objects/50 {
			b.mu.Lock()
			b.recovered = append(b.recovered, took)
			b.mu.Unlock()
			return nil
		}
		if took > recoversWithin {
			b.findings.note("%s after %q not everything is well: the most urgent token is %s late, %d Secrets have none",
				recoversWithin, after, overdue.Round(time.Millisecond), without)
			return nil
		}
		if err := pause(ctx, 2*judgeEvery); err != nil {
			return err
		}
	}
}

// roles says who leads and who stands by; either is nil while nobody does.
func (b *breaker) roles(ctx context.Context) (leader, standby *manager) {
	for _, m := range b.managers {
		switch s, ok := m.look(ctx); {
		case ok && s.leads:
			leader = m
		case ok:
			standby = m
		}
	}
	return leader, standby
}

// restart stops the API server and starts it again, at once or up to so much later.
func (b *breaker) restart(away time.Duration) fault {
	return fault{restartedAPIServer, func(ctx context.Context) error {
		b.serving.Lock()
		defer b.serving.Unlock()
		begun := time.Now()
		b.serves(time.Time{})
		if err := b.cluster.StopAPIServer(); err != nil {
			return err
		}
		if away > 0 {
			if err := pause(ctx, time.Duration(b.random.Int64N(int64(away)))); err != nil {
				return errors.Join(err, b.cluster.StartAPIServer(context.WithoutCancel(ctx)))
			}
		}
		if err := b.cluster.StartAPIServer(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		b.serves(time.Now())
		took := time.Since(begun)
		if took >= leastMargin {
			b.findings.note("the API server was away for %s, longer than the promise allows: a token that expired meanwhile says nothing", took)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.outages = append(b.outages, took)
		return nil
	}}
}

func (b *breaker) serves(since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.served = since
}

// lostInOutage is why a leader may end by itself.
const lostInOutage = "lease lost while the API server was away"

// resigned says why a leader may have ended by itself just now: it could not renew its lease.
func (b *breaker) resigned() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.served.IsZero() || time.Since(b.served) < endsWithin {
		return lostInOutage
	}
	return ""
}

func (b *breaker) rotate(apiKey bool) fault {
	name := rotatedAuthToken
	if apiKey {
		name = rotatedAPIKey
	}
	return fault{name, func(ctx context.Context) error {
		return b.accounts[b.random.IntN(len(b.accounts))].rotate(ctx, b.Admin, apiKey)
	}}
}
