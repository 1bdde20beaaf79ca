package plugin

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/capability-operator/capability-operator/internal/terminal"
)

// tolerated is how far this machine's clock may be from the API server's, whose
// answers are dated in whole seconds.
const tolerated = 2 * time.Second

// ServerClock goes by the API server's clock, which its answers tell, once it has
// heard of it: how long a token lives is the cluster's time and not this machine's.
type ServerClock struct {
	// Own is this machine's.
	Own clock.PassiveClock
	// Warn is told once where the two are apart.
	Warn io.Writer

	mu    sync.Mutex
	ahead time.Duration // of the API server's
	said  bool
}

// Now is the moment by the API server's clock.
func (c *ServerClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Own.Now().Add(c.ahead)
}

// Since is how long it is since then.
func (c *ServerClock) Since(then time.Time) time.Duration { return c.Now().Sub(then) }

// Wrap hears what answers say of the time.
func (c *ServerClock) Wrap(next http.RoundTripper) http.RoundTripper {
	return listener{next: next, clock: c}
}

type listener struct {
	next  http.RoundTripper
	clock *ServerClock
}

func (l listener) RoundTrip(req *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(req)
	if err == nil {
		if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
			l.clock.hear(date)
		}
	}
	return response, err
}

func (c *ServerClock) hear(date time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ahead := date.Sub(c.Own.Now())
	if ahead.Abs() <= tolerated {
		ahead = 0
	}
	c.ahead = ahead
	if ahead != 0 && !c.said {
		c.said = true
		direction := "behind"
		if ahead < 0 {
			direction = "ahead of"
		}
		fmt.Fprintf(c.Warn, "Note: this machine's clock is %s %s the API server's; times are told by the API server's.\n", terminal.Short(ahead.Abs().Round(time.Second)), direction)
	}
}
