package controllers

import (
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// outageFrom is how long nothing must have been answered for it to be an
// outage: single calls fail all the time, and each has its own retry.
const outageFrom = time.Second

// Outages notices when the API server answers again after a time in which it
// did not. Until then every retry and every watch has backed off, by up to a
// minute, and a token that expired meanwhile need not wait for that.
type Outages struct {
	clock clock.PassiveClock
	over  chan struct{}

	mu    sync.Mutex
	since time.Time // when the first call failed that no answer has followed; zero while calls are answered
}

// NewOutages returns an Outages that has seen no call yet.
func NewOutages(monotonic clock.PassiveClock) *Outages {
	return &Outages{clock: monotonic, over: make(chan struct{}, 1)}
}

// Wrap has every call that goes through the transport tell whether the API
// server answers; it is what rest.Config.Wrap takes.
func (o *Outages) Wrap(next http.RoundTripper) http.RoundTripper {
	return noticingOutages{next: next, to: o}
}

type noticingOutages struct {
	next http.RoundTripper
	to   *Outages
}

func (t noticingOutages) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	// A proxy that stands before a server that is down answers in its place.
	t.to.observe(err == nil && resp.StatusCode < http.StatusInternalServerError)
	return resp, err
}

func (o *Outages) observe(answered bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !answered && o.since.IsZero():
		o.since = o.clock.Now()
	case answered && !o.since.IsZero():
		lasted := o.clock.Since(o.since)
		o.since = time.Time{}
		if lasted < outageFrom {
			return
		}
		select {
		case o.over <- struct{}{}:
		default: // what was told before has not been heard yet, and says the same
		}
	}
}

// Over brings one value after each outage; it never does from nil.
func (o *Outages) Over() <-chan struct{} {
	if o == nil {
		return nil
	}
	return o.over
}
