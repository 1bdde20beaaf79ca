package controllers

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// crowd is a queue in which more renewals of short tokens are due at any time than
// are done, and one worker.
type crowd struct {
	turns turns
	queue priorityqueue.PriorityQueue[reconcile.Request]
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{queue: priorityqueue.New[reconcile.Request]("test")}
	t.Cleanup(c.queue.ShutDown)
	for i := range 50 {
		enqueue(c.queue, types.NamespacedName{Namespace: "busy", Name: fmt.Sprint(i)}, tierLast)
	}
	return c
}

// pass takes the next object; a renewal is due again at once.
func (c *crowd) pass() types.NamespacedName {
	request, _ := c.queue.Get()
	c.turns.begins(request.NamespacedName)
	c.queue.Done(request)
	if request.Namespace == "busy" {
		enqueue(c.queue, request.NamespacedName, tierLast)
	}
	return request.NamespacedName
}

// until counts the passes up to that over the object.
func (c *crowd) until(t *testing.T, name string) int {
	for n := 1; n < 10_000; n++ {
		if c.pass().Name == name {
			return n
		}
	}
	t.Fatalf("%s had no pass while 10,000 were made", name)
	return 0
}

func TestWhoIsNewHasATurnWhileRenewalsTakeAllThereIs(t *testing.T) {
	c := newCrowd(t)
	c.turns.announce(c.queue, types.NamespacedName{Namespace: "support", Name: "tommy"}, tierChanged)
	if n := c.until(t, "tommy"); n > crowded+share+1 {
		t.Errorf("a new object had the %dth pass", n)
	}
}

func TestThousandsWhoAreNewLeaveTheRenewalsThreePassesInFour(t *testing.T) {
	c := newCrowd(t)
	for i := range 2000 {
		c.turns.announce(c.queue, types.NamespacedName{Namespace: "many", Name: fmt.Sprint(i)}, tierChanged)
	}
	renewed := 0
	const passes = 400
	for range crowded {
		c.pass()
	}
	for range passes {
		if c.pass().Namespace == "busy" {
			renewed++
		}
	}
	if renewed < passes*(share-1)/share-1 || renewed == passes {
		t.Errorf("%d of %d passes were renewals", renewed, passes)
	}
}

func TestWhoCameAloneHasATurnBeforeACrowd(t *testing.T) {
	c := newCrowd(t)
	var together ranks
	for i := range 1000 {
		c.turns.announce(c.queue, types.NamespacedName{Namespace: "many", Name: fmt.Sprint(i)}, together.lower(tierChanged, "many"))
	}
	c.turns.announce(c.queue, types.NamespacedName{Namespace: "support", Name: "tommy"}, tierChanged)
	if n := c.until(t, "tommy"); n > crowded+2*share+1 {
		t.Errorf("it had the %dth pass", n)
	}
	if n := c.until(t, "999"); n > crowded+1001*share {
		t.Errorf("the last of the crowd had the %dth pass", n)
	}
}

func TestWhoHasHadItsPassHasNoTurn(t *testing.T) {
	var turns turns
	queue := priorityqueue.New[reconcile.Request]("test")
	t.Cleanup(queue.ShutDown)
	tommy := types.NamespacedName{Namespace: "support", Name: "tommy"}
	turns.announce(queue, tommy, tierChanged)
	request, _ := queue.Get()
	for range crowded + 2*share {
		turns.begins(request.NamespacedName)
	}
	queue.Done(request)
	if queue.Len() > 0 {
		t.Error("it was woken again")
	}
	if turns.alone != nil || turns.crowd != nil || len(turns.waiting) > 0 {
		t.Error("it is still remembered as one who waits")
	}
}

func TestWhoIsOnTheWayToAWorkerHasNoTurnBesides(t *testing.T) {
	var turns turns
	queue := priorityqueue.New[reconcile.Request]("test")
	t.Cleanup(queue.ShutDown)
	const objects = 10
	var given []reconcile.Request
	for i := range objects {
		turns.announce(queue, types.NamespacedName{Namespace: "support", Name: fmt.Sprint(i)}, tierChanged)
	}
	for range objects { // as many workers
		request, _ := queue.Get()
		given = append(given, request)
	}
	for _, request := range given {
		turns.begins(request.NamespacedName)
		queue.Done(request)
	}
	if queue.Len() > 0 {
		t.Errorf("%d are woken once more", queue.Len())
	}
}

func TestARenewalThatIsOvertakenIsRaisedAsItsTokenComesToItsEnd(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	in := func(seconds int64) time.Time { return time.Unix(now.Unix()+seconds, 0).UTC() }
	tests := []struct {
		name          string
		expiry, until time.Time
		tier          int
		failing       bool
		want          int // 0: it stays
	}{
		{"due and a minute left", in(60), in(-5), tierDue, false, 0},
		{"due and half a minute left", in(29), in(-5), tierDue, false, tierExpiring},
		{"due and seconds left", in(9), in(-5), tierDue, false, tierLast},
		{"expiring and seconds left", in(9), in(-5), tierExpiring, false, tierLast},
		{"in the right tier", in(29), in(-5), tierExpiring, false, 0},
		{"not due yet", in(29), in(1), tierDue, false, 0},
		{"due this very second", in(29), in(0), tierDue, false, 0},
		{"expired", in(0), in(-5), tierDue, false, 0},
		{"failing, which has times of its own", in(29), in(-5), tierDue, true, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var m memory
			tommy := types.NamespacedName{Namespace: "support", Name: "tommy"}
			m.waits(tommy, test.expiry, test.until, test.tier)
			if test.failing {
				m.failingSince(tommy, "WriteFailed", now)
			}
			if tier := m.overtaken(now)[tommy]; tier != test.want {
				t.Errorf("it is raised to %d, not %d", tier, test.want)
			}
			if again := m.overtaken(now); len(again) > 0 {
				t.Error("it is raised twice")
			}
		})
	}
}

func TestACrowdedQueueIsLookedAtEachSecond(t *testing.T) {
	clocks, queue := startClockWatch(t)
	tommy := types.NamespacedName{Namespace: "support", Name: "tommy"}
	enqueue(queue, types.NamespacedName{Namespace: "busy", Name: "other"}, tierExpiring)
	enqueue(queue, tommy, tierDue)
	clocks.overtaken(tommy, tierLast)
	clocks.second(0)
	clocks.second(0) // the second before is over
	if request, _ := queue.Get(); request.NamespacedName != tommy {
		t.Errorf("%s goes first", request)
	}
}
