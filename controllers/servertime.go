package controllers

import (
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// ServerTime follows the API server's clock by the Date header of its answers,
// so that a manager whose own clock is behind does not write tokens that are
// expired for everyone else. The zero value knows nothing yet.
type ServerTime struct {
	// Clock is the manager's own.
	Clock clock.PassiveClock

	mu   sync.Mutex
	date time.Time // what the API server's clock said, in whole seconds
	at   time.Time // when that was read, by the manager's clock
}

// Wrap has every answer that comes through the transport tell the time; it is
// what rest.Config.Wrap takes.
func (s *ServerTime) Wrap(next http.RoundTripper) http.RoundTripper {
	return tellingTime{next: next, to: s}
}

type tellingTime struct {
	next http.RoundTripper
	to   *ServerTime
}

func (t tellingTime) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err == nil {
		t.to.observe(resp.Header.Get("Date"))
	}
	return resp, err
}

func (s *ServerTime) observe(header string) {
	date, err := http.ParseTime(header)
	if err != nil {
		return // no header, or a proxy's fancy: nothing is known, as before
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.date, s.at = date, s.Clock.Now()
	clockSkew.Set(s.date.Sub(s.at).Seconds())
}

// Passed is a moment that the API server's clock has passed by now; zero where
// it has not been heard of.
func (s *ServerTime) Passed() time.Time {
	if s == nil {
		return time.Time{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.date.IsZero() {
		return time.Time{}
	}
	return s.date.Add(s.Clock.Since(s.at))
}
