package issuance

import "time"

const (
	// repairsAtOnce is how many repairs of one Secret are made without delay.
	repairsAtOnce = 10
	// repairEvery is the time after which another one may follow, once they
	// have been used up.
	repairEvery = 6 * time.Second
)

// Repairs counts, as a leaking bucket, how often a Secret was mended that
// somebody else had changed. Whoever changes it in a loop must not make the
// operator write in a loop. The zero value is a Secret left in peace.
type Repairs struct {
	level float64
	at    time.Time
}

// Allowed reports whether one more repair may be made at now.
func (r Repairs) Allowed(now time.Time) bool { return r.leaked(now) <= repairsAtOnce-1 }

// Made is the count after one more repair at now.
func (r Repairs) Made(now time.Time) Repairs { return Repairs{level: r.leaked(now) + 1, at: now} }

func (r Repairs) leaked(now time.Time) float64 {
	since := now.Sub(r.at)
	if since < 0 {
		return 0 // the clock was set back; the count must not wait until it has caught up
	}
	return max(r.level-float64(since)/float64(repairEvery), 0)
}
