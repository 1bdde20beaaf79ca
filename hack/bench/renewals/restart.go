package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/capability-operator/capability-operator/hack/installed"
)

// hourly objects have what a declaration has that says nothing of time.
var hourly = life{}

// restart declares objects within a minute and looks at when they are to be renewed, then starts the manager anew with
// all of them in date, a few times.
func restart(ctx context.Context, s *stage, t *table) error {
	m, err := s.runManager(ctx)
	if err != nil {
		return err
	}
	watched, err := s.watchTokens(ctx)
	if err != nil {
		return err
	}
	over := time.Minute * time.Duration(s.restarted) / 10000
	begin := time.Now()
	if err := s.declare(ctx, 0, s.restarted, over, always(hourly)); err != nil {
		return err
	}
	took := time.Since(begin)
	made := func(c counts) bool { return c.sum(minted) >= float64(s.restarted) }
	if err := m.await(ctx, 10*time.Minute, "the first tokens", made); err != nil {
		return err
	}
	seen, err := watched.end()
	if err != nil {
		return err
	}
	t.add(s.spreadRow(seen, took))
	var total restarted
	for range s.rounds {
		if err := m.stop(); err != nil {
			return err
		}
		var once restarted
		if m, once, err = s.restartOnce(ctx); err != nil {
			return err
		}
		total = total.plus(once)
	}
	t.add(total.rows(s.restarted, s.rounds)...)
	return m.stop()
}

// afterthoughts is how long a manager, or the API server, is given for what it might do late.
const afterthoughts = 3 * time.Second

// restarted is what restarts took, added up.
type restarted struct {
	listed, ready, looked time.Duration
	writes, lists         float64
}

func (r restarted) plus(o restarted) restarted {
	return restarted{r.listed + o.listed, r.ready + o.ready, r.looked + o.looked, r.writes + o.writes, r.lists + o.lists}
}

func (r restarted) rows(objects, rounds int) []row {
	n := time.Duration(rounds)
	times := func(d time.Duration) string {
		return fmt.Sprintf("%.1f × the bare LIST", float64(d)/float64(r.listed))
	}
	return []row{
		{
			what:   fmt.Sprintf("restart with %s objects in date: writes of Secrets and statuses", thousands(objects)),
			figure: fmt.Sprintf("%.0f", r.writes), aim: "0", judged: true, met: r.writes == 0,
		},
		{
			what:   "the same: from the start of the process until it is ready",
			figure: fmt.Sprintf("%s; a bare LIST of the same, as a process, %s", seconds(r.ready/n), seconds(r.listed/n)),
			ratio:  times(r.ready),
		},
		{
			what:   "the same: until each object has been looked at",
			figure: seconds(r.looked / n), ratio: times(r.looked),
		},
	}
}

// restartOnce starts a manager beside which nothing else happens, after a bare client has listed the same.
func (s *stage) restartOnce(ctx context.Context) (m *manager, r restarted, err error) {
	if r.listed, err = s.bareList(ctx); err != nil {
		return nil, r, err
	}
	before, err := requestsServed(ctx, s.Metrics)
	if err != nil {
		return nil, r, err
	}
	if m, err = s.startManager(ctx); err != nil {
		return nil, r, err
	}
	if r.ready, err = m.ready(ctx); err != nil {
		return m, r, err
	}
	looked := func(c counts) bool { return c[passes] >= float64(s.restarted) }
	if err := m.await(ctx, 2*time.Minute, "a look at each object", looked); err != nil {
		return m, r, err
	}
	r.looked = time.Since(m.started)
	if err := waitFor(ctx, afterthoughts); err != nil { // what is written late is written too
		return m, r, err
	}
	after, err := requestsServed(ctx, s.Metrics)
	served := after.since(before)
	s.say("ready after %s; requests: %s", seconds(r.ready), served)
	r.writes = served.writes()
	return m, r, err
}

// bareListCommand has the program read what the operator reads when it starts, and end.
const bareListCommand = "bare-list"

func bareListMain(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet(bareListCommand, flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "who to be")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := installed.ConfigOf(*kubeconfig)
	if err != nil {
		return err
	}
	api, err := installed.NewClient(config)
	if err != nil {
		return err
	}
	_, _, err = listAll(ctx, api)
	return err
}

func (s *stage) bareList(ctx context.Context) (time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("finding the bench's own path: %w", err)
	}
	begin := time.Now()
	p, err := startProcess(ctx, nil, streams{}, self, bareListCommand, "--kubeconfig="+s.Kubeconfig)
	if err != nil {
		return 0, err
	}
	select {
	case <-p.ended:
		took := time.Since(begin)
		return took, errors.Join(p.stop(), ctx.Err())
	case <-ctx.Done():
		return 0, errors.Join(p.stop(), ctx.Err())
	}
}
