package issuance_test

import (
	"testing"
	"time"
)

// The decision alone doesn't keep the promise. What the manager has to do around
// it is shown here one by one: all is well where it does, and not where it omits it.
func TestAPrecautionThatTheManagerOmitsIsNoticed(t *testing.T) {
	for _, precaution := range []struct {
		name   string
		scale  time.Duration
		befall func(*world)
		omit   omissions
		broken invariant
	}{
		{
			"a token is written only over the version that was decided on", 5 * time.Second,
			func(w *world) { w.every(w.scale, func() { w.rotate(w.accounts[0]) }) },
			omissions{preconditions: true, ownWrites: true}, twice,
		},
		{
			"after a jump of the clock everything is looked at", time.Hour,
			func(w *world) { w.every(10*w.scale, func() { w.jump(w.between(time.Second, 24*time.Hour)) }) },
			omissions{clockWatcher: true}, expired,
		},
		{
			"nothing is decided on a Secret older than the last write", time.Hour,
			func(w *world) { w.every(w.scale/10, func() { w.changeAndBack(w.anyObject()) }) },
			omissions{ownWrites: true}, wrong,
		},
		{
			"an event is dropped only if it brings back the last write", time.Hour,
			func(w *world) { w.every(w.scale, func() { w.editToken(w.anyObject()) }) },
			omissions{otherEvents: true}, wrong,
		},
		{
			"an event that brings back the last write is dropped only once", time.Hour,
			func(w *world) { w.every(w.scale, func() { w.exchangeAndBack(w.anyObject()) }) },
			omissions{laterEvents: true}, late,
		},
		{
			"a failed read is tried again within what is left of the token", 5 * time.Minute,
			func(w *world) {
				w.every(8*w.scale, func() { w.cutWatches(3 * w.scale); w.after(2*w.scale, w.goDown) })
			},
			omissions{remainingLife: true}, expired,
		},
		{
			"the event of a write that reported failure is not dropped", 10 * time.Second,
			func(w *world) { w.every(8*w.scale, func() { w.goDown(); w.loseAnswer = true }) },
			omissions{lostAnswers: true, earlyEvents: true, ownWrites: true}, late,
		},
		{
			"nor is it where it came before the failure", 10 * time.Second,
			func(w *world) { w.every(8*w.scale, func() { w.goDown(); w.loseAnswer = true }) },
			omissions{earlyEvents: true}, late,
		},
	} {
		t.Run(precaution.name, func(t *testing.T) {
			t.Parallel()
			seed := seedOf(t)
			run := func(omit omissions) *report {
				w := newWorld(seed, 0, precaution.scale, scope{objects: 4, lifetimes: 500}, realSchedule)
				w.omit, w.befall = omit, func() { precaution.befall(w) }
				w.run()
				return w.report
			}
			run(omissions{}).fail(t)
			run(precaution.omit).notices(t, precaution.broken)
		})
	}
}
