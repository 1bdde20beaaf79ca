package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// load is what a window of one kind of request gave.
type load struct {
	latencies []time.Duration // of what was answered within the window
	answered  int             // those that came a moment later too
	last      []byte          // an answer
	lasted    time.Duration
}

// window sends one kind of request on all connections of a way for as long as is said, and counts what was answered in
// that time.
func (w *way) window(ctx context.Context, k kind, lasts time.Duration) (load, error) {
	loads, errs := make([]load, len(w.lines)), make([]error, len(w.lines))
	var running sync.WaitGroup
	begin := time.Now()
	for i, line := range w.lines {
		running.Go(func() { loads[i], errs[i] = w.send(ctx, line, k, begin.Add(lasts)) })
	}
	running.Wait()
	all := load{lasted: lasts}
	for _, one := range loads {
		all.latencies = append(all.latencies, one.latencies...)
		all.answered += one.answered
		all.last = one.last
	}
	return all, errors.Join(errs...)
}

// send sends one request after the other.
func (w *way) send(ctx context.Context, line *http.Transport, k kind, until time.Time) (load, error) {
	l := load{latencies: make([]time.Duration, 0, 1<<14)}
	header := http.Header{"Authorization": {"Bearer " + w.bearer}, "User-Agent": {"bench"}}
	if k.body != "" {
		header.Set("Content-Type", "application/json")
	}
	answer := make([]byte, 0, 4<<10)
	for begin := time.Now(); begin.Before(until); {
		request, err := http.NewRequestWithContext(ctx, k.method, w.base+k.path, strings.NewReader(k.body))
		if err != nil {
			return l, fmt.Errorf("making a request: %w", err)
		}
		request.Header = header
		if answer, err = exchange(line, request, k.code, answer[:0]); err != nil {
			return l, fmt.Errorf("%s, %s: %w", w.name, k.what, err)
		}
		l.answered++
		end := time.Now()
		if end.Before(until) {
			l.latencies = append(l.latencies, end.Sub(begin))
		}
		begin = end
	}
	l.last = answer
	return l, nil
}

// exchange sends a request and reads the answer, into what there is room for.
func exchange(line *http.Transport, request *http.Request, code int, into []byte) ([]byte, error) {
	response, err := line.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	for {
		if len(into) == cap(into) {
			into = append(into, 0)[:len(into)]
		}
		n, err := response.Body.Read(into[len(into):cap(into)])
		into = into[:len(into)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the answer: %w", err)
		}
	}
	if response.StatusCode != code {
		return nil, fmt.Errorf("not %d but %s: %s", code, response.Status, into)
	}
	return into, nil
}

// verify holds that the answer has a token that lives for five seconds and is for the client.
func (k kind) verify(answer []byte, authToken string) error {
	if k.client == "" {
		return nil
	}
	granted := tokens.TokenRequest{}
	if err := json.Unmarshal(answer, &granted); err != nil {
		return fmt.Errorf("%s: reading the answer: %w", k.what, err)
	}
	token, err := capability.Verify(granted.Status.Token, authToken, granted.Status.ExpiresAt.Add(-time.Second))
	if err != nil {
		return fmt.Errorf("%s: %w", k.what, err)
	}
	if lives := token.ExpiresAt.Sub(token.IssuedAt); token.Grant.ClientName != k.client || lives != 5*time.Second {
		return fmt.Errorf("%s: the token is for another client, or lives for %s", k.what, lives)
	}
	return nil
}
