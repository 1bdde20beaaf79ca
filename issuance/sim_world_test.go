package issuance_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// The world of the simulation: an API server, users who change what is in it,
// and one manager that works as package controllers does. Nothing in it waits
// and nothing reads a clock: it goes from one happening to the next.
//
// These bound how fast the parts of the world answer. The invariants' allowances
// are made of them and of the schedule's own limits, and of nothing else.
const (
	// maxLag is the longest from a change to its arrival in the manager's cache.
	maxLag = 600 * time.Millisecond
	// maxCall is the longest that the calls of one pass take together.
	maxCall = 100 * time.Millisecond
	// staleWait passes after a decision on what had changed since.
	staleWait = 250 * time.Millisecond
	// patience is how many such decisions in a row there are before the manager
	// reads past its cache.
	patience = 2
	// maxReplan is the longest from a jump of the clock to the moment when
	// everything is looked at again.
	maxReplan = 2 * time.Second
)

// schedule is what the manager of the simulation uses of package issuance; a
// test may put a broken function in.
type schedule struct {
	decide  func(issuance.Facts) issuance.Verdict
	renewAt func(*v1alpha1.ClientCapability, capability.Token) time.Time
	retry   func(fault *issuance.Fault, now, since, expiresAt time.Time) time.Duration
	wait    func(now, next time.Time) time.Duration
}

var realSchedule = schedule{
	decide:  issuance.Decide,
	renewAt: issuance.RenewAt,
	retry:   issuance.Retry,
	wait:    issuance.Wait,
}

// omissions are what a manager could leave out around the decision.
type omissions struct {
	preconditions bool // to write only over the version that was decided on
	clockWatcher  bool // to look at everything again after a jump of the clock
	ownWrites     bool // not to decide on a Secret older than its own last write
	otherEvents   bool // to heed events of Secrets other than of its own writes
	laterEvents   bool // to heed an event that looks like its last write but comes later
	remainingLife bool // to retry a failed read within what is left of the token
	lostAnswers   bool // to heed the event of its own write that reported failure
	earlyEvents   bool // to heed that event also where it came before the failure
}

// scope is how large a world is.
type scope struct {
	objects   int
	lifetimes int // the world's length, in lifetimes of its own scale
	haste     int // how many times as often as usual things go wrong; 0 is as usual
}

type world struct {
	schedule
	omit omissions
	scope
	report *report
	// befall sets going what goes wrong in this world.
	befall func()

	rng    *rand.Rand
	agenda agenda
	// now is the monotonic clock, which timers go by; shift is by how much the
	// wall clock, which tokens go by, has jumped away from it.
	now, shift, end time.Duration
	// scale is the length of a typical lifetime in this world.
	scale time.Duration

	accounts []*account
	objects  []*object
	version  int

	// Each counts the reasons for which it is so, since they may overlap.
	down, flaky, cut, denied, full int
	// withheld are events that a cut watch has not delivered.
	withheld []func()

	// loseAnswer has the next write take effect and report failure, after a while.
	loseAnswer bool

	manager     bool
	incarnation int
	starting    bool // the manager waits for the API server to start
	backJumps   int
}

var genesis = time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC)

func newWorld(seed, number uint64, scale time.Duration, size scope, s schedule) *world {
	w := &world{
		schedule: s, scope: size, scale: scale,
		rng:    rand.New(rand.NewPCG(seed, number)),
		report: newReport(fmt.Sprintf("world %d of seed %d", number, seed)),
	}
	w.end = time.Duration(size.lifetimes) * scale
	w.befall = w.everything
	return w
}

// run lets everything happen, from the manager's start to the world's end.
func (w *world) run() {
	w.populate()
	w.startManager()
	w.befall()
	w.every(w.end/50, w.sweep)
	for {
		h, ok := w.agenda.next(w.end)
		if !ok {
			w.now = w.end
			break
		}
		w.now = h.at
		h.do()
		if w.storm() {
			break
		}
	}
	w.sweep()
	for _, o := range w.objects {
		w.settle(o)
		w.report.lived += w.now - o.born
	}
}

// storm stops a world that would not come to its end.
func (w *world) storm() bool {
	if w.report.passes < 100_000+100*w.scope.objects*w.lifetimes {
		return false
	}
	w.violated(w.objects[0], hotLoop, "%d passes", w.report.passes)
	return true
}

func (w *world) wall() time.Time { return genesis.Add(w.now + w.shift) }

// moment is when the wall clock will show t, should it not jump.
func (w *world) moment(t time.Time) time.Duration { return t.Sub(genesis) - w.shift }

func (w *world) after(d time.Duration, do func()) { w.agenda.note(w.now+d, do) }

// every does something again and again, at random distances of mean length.
func (w *world) every(mean time.Duration, do func()) {
	w.after(time.Duration(float64(mean)*w.rng.ExpFloat64()), func() {
		do()
		w.every(mean, do)
	})
}

// spell counts up for a while and down again, and does what belongs to each.
func (w *world) spell(count *int, length time.Duration, begin, end func()) {
	w.settleAll()
	*count++
	w.noteAll("spell begins down=%d flaky=%d cut=%d denied=%d full=%d", w.down, w.flaky, w.cut, w.denied, w.full)
	begin()
	w.rejudgeAll()
	w.after(length, func() {
		w.settleAll()
		*count--
		w.noteAll("spell ends down=%d flaky=%d cut=%d denied=%d full=%d", w.down, w.flaky, w.cut, w.denied, w.full)
		end()
		w.rejudgeAll()
	})
}

// upTo draws a length evenly.
func (w *world) upTo(d time.Duration) time.Duration {
	return time.Duration(w.rng.Int64N(int64(d) + 1))
}

// between draws a length so that short and long ones are equally likely.
func (w *world) between(shortest, longest time.Duration) time.Duration {
	if longest <= shortest {
		return shortest
	}
	ratio := math.Log(float64(longest) / float64(shortest))
	return time.Duration(float64(shortest) * math.Exp(w.rng.Float64()*ratio))
}

func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

func (w *world) nextVersion() int {
	w.version++
	return w.version
}
