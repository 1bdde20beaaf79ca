package controllers

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// twoClocks are a machine's wall clock and its monotonic one, which the test moves apart.
type twoClocks struct {
	clock.RealClock // for what a clockWatch does not ask for
	ticks           chan time.Time
	elected         chan struct{}
	returned        chan struct{}

	mu     sync.Mutex
	wall   time.Time
	steady time.Duration
	read   int
	taken  *sync.Cond // with mu: read has grown
	low    map[types.NamespacedName]int
}

// overtaken has an object wait in too low a tier.
func (c *twoClocks) overtaken(key types.NamespacedName, tier int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.low = map[types.NamespacedName]int{key: tier}
}

func (c *twoClocks) whoIsOvertaken(time.Time) map[types.NamespacedName]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.low
}

func (c *twoClocks) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall
}

func (c *twoClocks) monotonic() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read++
	c.taken.Broadcast()
	return c.steady
}

func (c *twoClocks) NewTicker(time.Duration) clock.Ticker { return (*ticking)(c) }

type ticking twoClocks

func (t *ticking) C() <-chan time.Time { return t.ticks }
func (t *ticking) Stop()               {}

// second lets a second pass; the wall clock shows that and a jump. It returns
// when both clocks have been read: they must not move in between.
func (c *twoClocks) second(jump time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steady += time.Second
	c.wall = c.wall.Add(time.Second + jump)
	now, before := c.wall, c.read
	c.mu.Unlock()
	c.ticks <- now
	c.mu.Lock()
	for c.read == before {
		c.taken.Wait()
	}
}

const watched = 3

func startClockWatch(t *testing.T) (*twoClocks, priorityqueue.PriorityQueue[reconcile.Request]) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	objects := fake.NewClientBuilder().WithScheme(scheme)
	for i := range watched {
		objects = objects.WithObjects(&v1alpha1.ClientCapability{
			ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: fmt.Sprintf("client-%d", i)},
		})
	}
	clocks := &twoClocks{ticks: make(chan time.Time), elected: make(chan struct{}), returned: make(chan struct{}), wall: time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)}
	clocks.taken = sync.NewCond(&clocks.mu)
	queue := priorityqueue.New[reconcile.Request](t.Name())
	watch := &clockWatch{
		reader: objects.Build(), clock: clocks, monotonic: clocks.monotonic,
		elected: clocks.elected, returned: clocks.returned, overtaken: clocks.whoIsOvertaken,
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() { cancel(); queue.ShutDown() })
	if err := watch.Start(ctx, queue); err != nil {
		t.Fatal(err)
	}
	// The clocks are read once before the first tick; until then they must stand still.
	waitFor(t, "the clocks were not read", func() bool {
		clocks.mu.Lock()
		defer clocks.mu.Unlock()
		return clocks.read > 0
	})
	return clocks, queue
}

func waitFor(t *testing.T, otherwise string, so func() bool) {
	t.Helper()
	met := func(context.Context) (bool, error) { return so(), nil }
	if err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, 10*time.Second, true, met); err != nil {
		t.Fatal(otherwise)
	}
}

func TestAJumpOfTheWallClockWakesEverything(t *testing.T) {
	for what, jump := range map[string]time.Duration{
		"set forward":        time.Hour,
		"set back":           -time.Hour,
		"back by a second":   -time.Second,
		"slept for a night":  9 * time.Hour,
		"a day ahead":        24 * time.Hour,
		"just long enough":   clockJump,
		"just long and back": -clockJump,
	} {
		t.Run(what, func(t *testing.T) {
			clocks, queue := startClockWatch(t)
			clocks.second(0)
			clocks.second(jump)
			waitFor(t, "not everything was woken", func() bool { return queue.Len() == watched })
			for range watched {
				request, _ := queue.Get()
				queue.Done(request)
			}
			clocks.second(0)
			clocks.second(0) // taken only when the one before is dealt with
			if woken := queue.Len(); woken > 0 {
				t.Errorf("%d objects were woken again, though the clock jumped once", woken)
			}
		})
	}
}

func TestAStandbyThatIsElectedPlansEverythingAnew(t *testing.T) {
	clocks, queue := startClockWatch(t)
	close(clocks.elected)
	waitFor(t, "not everything was woken", func() bool { return queue.Len() == watched })
	clocks.second(0) // the watch goes on
}

func TestAnAPIServerThatAnswersAgainHasEverythingLookedAt(t *testing.T) {
	clocks, queue := startClockWatch(t)
	for range 2 { // every time, not only the first
		clocks.returned <- struct{}{}
		waitFor(t, "not everything was woken", func() bool { return queue.Len() == watched })
		for range watched {
			request, _ := queue.Get()
			queue.Done(request)
		}
	}
	clocks.second(0) // the watch goes on
}

func TestAClockThatIsSlewedWakesNothing(t *testing.T) {
	clocks, queue := startClockWatch(t)
	for range 100 { // far more than the half per mille by which a clock is slewed
		clocks.second(20 * time.Millisecond)
	}
	for range 100 {
		clocks.second(-20 * time.Millisecond)
	}
	clocks.second(0)
	if woken := queue.Len(); woken > 0 {
		t.Errorf("%d objects were woken", woken)
	}
}

func TestTheClocksAreComparedOftenEnough(t *testing.T) {
	const promised = 2 * time.Second // from the jump until everything is planned anew
	if clockCheckEvery >= promised {
		t.Errorf("the clocks are compared every %s, and a jump is to be seen within %s", clockCheckEvery, promised)
	}
}

func TestTheRealClocksGoAlike(t *testing.T) {
	watch := (&Reconciler{}).newClockWatch(clock.RealClock{}, nil, nil)
	wall, steady := watch.clock.Now().Round(0), watch.monotonic()
	waitFor(t, "the monotonic clock stands still", func() bool { return watch.monotonic()-steady > 20*time.Millisecond })
	if apart := watch.clock.Now().Round(0).Sub(wall) - (watch.monotonic() - steady); apart.Abs() >= clockJump {
		t.Errorf("the two clocks are %s apart", apart)
	}
}
