package tokenserver

import (
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
)

// sayEvery is the least time between two lines that say that something can't be
// asked, whether they are of one outage or of many short ones.
const sayEvery = time.Minute

// outage tells in the log of a time in which the API server can't be asked
// something: when it begins, now and then while it lasts, and when it is over.
// Whom it affects is told in each answer, and that is as many as there are requests.
type outage struct {
	what  string
	log   logr.Logger
	clock clock.PassiveClock

	mu       sync.Mutex
	told     bool      // that it is there, and not yet that it is over
	said     time.Time // when it was told of last
	since    time.Time
	affected int
}

func newOutage(what string, config Config) *outage {
	return &outage{what: what, log: config.Log, clock: config.Clock}
}

// affects notes that a request failed for it.
func (o *outage) affects(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.clock.Now()
	if o.affected == 0 {
		o.since = now
	}
	o.affected++
	if !o.said.IsZero() && now.Sub(o.said) < sayEvery {
		return
	}
	o.told, o.said = true, now
	o.log.Error(err, "The API server can't be asked "+o.what, "requests", o.affected, "seconds", now.Sub(o.since).Seconds())
}

// over notes that the API server has answered such a question. What was not told of
// goes on counting: the next line is about that too.
func (o *outage) over() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.told {
		return
	}
	o.log.Info("The API server can be asked again "+o.what, "requests", o.affected, "seconds", o.clock.Since(o.since).Seconds())
	o.told, o.affected = false, 0
}
