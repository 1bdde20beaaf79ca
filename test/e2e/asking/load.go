package asking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

const (
	// firstPause is before the second attempt of a request; each next one is twice
	// as long, and none longer than longestPause.
	firstPause, longestPause = 50 * time.Millisecond, time.Second
)

// Load is a number of workers that ask, each one after the other on a connection of
// its own, and insist on an answer.
type Load struct {
	Server Server
	// Path and Body are those of each request.
	Path, Body string
	Workers    int
	// Every is the time between two requests of a worker.
	Every time.Duration
	// Anew makes a connection for each request.
	Anew bool
	// Patience is how long a worker tries before a request counts as lost.
	Patience time.Duration

	mu      sync.Mutex
	counts  Counts
	slowest time.Duration
	workers []*worker
}

// worker makes one request after the other.
type worker struct {
	connections *Connections
	since       time.Time // zero between two requests
}

// Run asks until ctx ends, and then until the requests that are under way have
// their answers.
func (l *Load) Run(ctx context.Context) {
	var running sync.WaitGroup
	for range l.Workers {
		w := &worker{connections: NewConnections(l.Server, l.Anew)}
		l.mu.Lock()
		l.workers = append(l.workers, w)
		l.mu.Unlock()
		running.Go(func() { l.work(ctx, w) })
	}
	running.Wait()
}

func (l *Load) work(ctx context.Context, w *worker) {
	defer w.connections.Close()
	ticker := time.NewTicker(l.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.insist(context.WithoutCancel(ctx), w)
		}
	}
}

// insist tries until there is a token, or for as long as there is patience.
func (l *Load) insist(ctx context.Context, w *worker) {
	ctx, cancel := context.WithTimeout(ctx, l.Patience)
	defer cancel()
	l.begin(w, time.Now())
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		answer, err := w.connections.Ask(ctx, l.Path, l.Body)
		cause := causeOf(answer, err, time.Now())
		if cause == "" {
			l.answered(w, time.Now())
			return
		}
		if final(answer.Code) || !lasts(ctx, max(pause, min(answer.retryAfter, longestPause))) {
			l.lost(w, cause)
			return
		}
		l.retried(cause)
	}
}

// lasts waits, and reports whether there is patience left.
func lasts(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// final reports whether another attempt would be answered no better.
func final(code int) bool {
	return code >= http.StatusMultipleChoices && code < http.StatusInternalServerError &&
		code != http.StatusTooManyRequests && code != http.StatusRequestTimeout
}

// causeOf says why an attempt gave no token; it is empty where it gave one.
func causeOf(answer Answer, err error, now time.Time) string {
	if err != nil {
		return innermost(err)
	}
	if answer.Code != http.StatusCreated {
		status := metav1.Status{}
		_ = json.Unmarshal([]byte(answer.Body), &status) // who knows who answers
		return fmt.Sprintf("%d %s", answer.Code, status.Message)
	}
	granted := tokens.TokenRequest{}
	if err := json.Unmarshal([]byte(answer.Body), &granted); err != nil {
		return "the answer is no TokenRequest"
	}
	token, err := capability.Parse(granted.Status.Token)
	switch {
	case err != nil:
		return "the token can't be read"
	case !token.ExpiresAt.After(now):
		return "the token has expired"
	}
	return ""
}

// innermost leaves out addresses and ports, which differ each time.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

func (l *Load) begin(w *worker, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.since = now
}

func (l *Load) answered(w *worker, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.Answered++
	l.slowest = max(l.slowest, now.Sub(w.since))
	w.since = time.Time{}
}

func (l *Load) retried(cause string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.Retried++
	if l.counts.Causes == nil {
		l.counts.Causes = map[string]int{}
	}
	l.counts.Causes[cause]++
}

func (l *Load) lost(w *worker, cause string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts.Lost++
	if l.counts.Losses == nil {
		l.counts.Losses = map[string]int{}
	}
	l.counts.Losses[cause]++
	w.since = time.Time{}
}

// Line is what there is to say now.
func (l *Load) Line(now time.Time) Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := Line{At: now.UTC().Truncate(time.Millisecond), Counts: l.counts.clone(), Slowest: thousandths(l.slowest)}
	l.slowest = 0
	for _, w := range l.workers {
		line.Counts.Dialed += int(w.connections.dialed.Load())
		if !w.since.IsZero() {
			line.Waiting = max(line.Waiting, thousandths(now.Sub(w.since)))
		}
	}
	return line
}

func thousandths(d time.Duration) float64 { return math.Ceil(d.Seconds()*1000) / 1000 }
