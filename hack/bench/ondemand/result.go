package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// line is what all windows of one kind of request on one way gave.
type line struct {
	way       *way
	kind      kind
	rates     []float64 // of each round
	latencies []time.Duration
	lasted    time.Duration
	// processor time
	tokenServer, apiServer, callers time.Duration
}

func (l *line) rate() float64 { return float64(len(l.latencies)) / l.lasted.Seconds() }

// each is processor time for one request.
func (l *line) each(all time.Duration) time.Duration {
	return all / time.Duration(max(1, len(l.latencies)))
}

// result is what was measured.
type result struct {
	setup setup
	lines []*line
	// served is what the API server saw while tokens were asked for straight, how many those were, and for how long.
	served   map[string]float64
	straight int
	lasted   time.Duration
	// granted and logged are how many tokens the token server says it gave, and handed how many came.
	granted, logged, handed int
	// memory is the most that the token server took, in bytes.
	memory float64
	// dialled are the connections that were made while something was measured, and answered all requests meanwhile.
	dialled, answered int
}

func (s *stage) measure(ctx context.Context) (*result, error) {
	r := &result{setup: s.setup, served: map[string]float64{}}
	ways, err := s.ways()
	if err != nil {
		return nil, err
	}
	s.probe = ways[0].lines[0] // between windows it is free
	defer func() {
		for _, w := range ways {
			w.close()
		}
	}()
	for _, w := range ways {
		for _, k := range w.kinds {
			r.lines = append(r.lines, &line{way: w, kind: k})
		}
	}
	s.say("warming up")
	for _, l := range r.lines {
		if _, err := l.way.window(ctx, l.kind, s.warmUp); err != nil {
			return nil, err
		}
	}
	for round := range s.rounds {
		s.say("round %d of %d: %d windows of %s", round+1, s.rounds, len(r.lines), s.window)
		for i := range r.lines {
			if round%2 == 1 { // what a window leaves behind is not always left to the same one
				i = len(r.lines) - 1 - i
			}
			if err := s.measureOne(ctx, r, r.lines[i]); err != nil {
				return nil, err
			}
		}
	}
	return r, s.profileEach(ctx, r.lines)
}

// measureOne adds a window to a line.
func (s *stage) measureOne(ctx context.Context, r *result, l *line) error {
	before, err := s.counts(ctx)
	if err != nil {
		return err
	}
	dialled, logged := l.way.dialled.Load(), s.server.log.tokens
	own, err := ownTime()
	if err != nil {
		return err
	}
	given, err := l.way.window(ctx, l.kind, s.window)
	if err != nil {
		return err
	}
	ended, err := ownTime()
	if err != nil {
		return err
	}
	dialled = l.way.dialled.Load() - dialled
	after, err := s.counts(ctx)
	if err != nil {
		return err
	}
	l.add(given, after, before, ended-own)
	r.dialled += int(dialled)
	r.answered += given.answered
	r.logged += s.server.log.tokens - logged
	r.add(l, given, after, before)
	return l.kind.verify(given.last, s.authToken)
}

// add adds a window.
func (l *line) add(given load, after, before counts, callers time.Duration) {
	l.rates = append(l.rates, float64(len(given.latencies))/given.lasted.Seconds())
	l.latencies = append(l.latencies, given.latencies...)
	l.lasted += given.lasted
	l.tokenServer += after.tokenServer - before.tokenServer
	l.apiServer += after.apiServer - before.apiServer
	l.callers += callers
}

// add adds what is counted of a window.
func (r *result) add(l *line, given load, after, before counts) {
	r.granted += int(after.granted - before.granted)
	r.memory = max(r.memory, after.memory)
	if l.kind.client == "" {
		return
	}
	r.handed += given.answered
	if l.way.straight {
		for what, count := range since(after.served, before.served) {
			r.served[what] += count
		}
		r.straight += given.answered
		r.lasted += given.lasted
	}
}

// share is how a line's rate stands to that of another: the median of all rounds, and the least and the most.
func (l *line) share(of *line) (median, least, most float64) {
	shares := make([]float64, len(l.rates))
	for i := range shares {
		shares[i] = l.rates[i] / max(1, of.rates[i])
	}
	slices.Sort(shares)
	return shares[len(shares)/2], shares[0], shares[len(shares)-1]
}

// costShare is what a request of another line costs, in ratio to one of this: the share of its rate that a machine with
// nothing else to do would give. The API server has other work too, which counts where it is on the way.
func (l *line) costShare(of *line) float64 {
	cost := func(l *line) float64 {
		all := l.tokenServer + l.callers
		if !l.way.straight {
			all += l.apiServer
		}
		return float64(l.each(all))
	}
	return cost(of) / max(1, cost(l))
}

// percentile is what so many of a hundred were not slower than.
func percentile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

// find is the line of a kind of request on the same way.
func (r *result) find(w *way, k kind) *line {
	at := slices.IndexFunc(r.lines, func(l *line) bool { return l.way == w && l.kind.what == k.what })
	if at < 0 {
		return nil
	}
	return r.lines[at]
}

// off are the counts that are not what they must be.
func (r *result) off() []string {
	var off []string
	if r.granted != r.handed || r.logged != r.handed {
		off = append(off, fmt.Sprintf("%d tokens came, %d are counted and %d logged", r.handed, r.granted, r.logged))
	}
	// A client that is kept waiting for the processor gives up a connection now and then.
	if r.dialled > r.answered/1000 {
		off = append(off, fmt.Sprintf("%d connections were dialled for %d requests, and so not kept alive", r.dialled, r.answered))
	}
	if r.perToken() > 0.01 {
		off = append(off, fmt.Sprintf("the API server sees %.3f requests for each token that is asked for straight", r.perToken()))
	}
	return off
}

func (r *result) perToken() float64 { return total(r.served) / float64(max(1, r.straight)) }
