package controllers

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	// clockCheckEvery is how often the two clocks are compared.
	clockCheckEvery = time.Second
	// clockJump is how far they may drift apart within one such interval: far
	// over what slewing does, far under what matters to a token.
	clockJump = 500 * time.Millisecond
)

// clockWatch wakes everything when the time of a wake-up does not hold any more:
// when the wall clock jumps or the machine has slept, since the queue's timers
// are monotonic and a token's times are not, and when something began anew.
type clockWatch struct {
	reader client.Reader
	clock  clock.WithTicker
	// monotonic is the time since some fixed moment, on a clock that never jumps.
	monotonic func() time.Duration
	// elected is closed when this process begins to lead. A standby's queue
	// holds the tiers of the time when it was filled: what was in date then is
	// what is most urgent now. Nil where nobody is elected.
	elected <-chan struct{}
	// returned brings a value when the API server answers again: who waits
	// longer for his next try need not. Nil where nobody tells.
	returned <-chan struct{}
	// overtaken tells who waits in too low a tier by now, and what the right one
	// is: asked each second while more is ready than is worked on.
	overtaken func(now time.Time) map[types.NamespacedName]int
}

// newClockWatch relies on the clock's times carrying a monotonic reading, as
// those of the real clock do.
func (r *Reconciler) newClockWatch(machine clock.WithTicker, elected, returned <-chan struct{}) *clockWatch {
	start := machine.Now()
	return &clockWatch{
		reader: r.Reader, clock: machine, monotonic: func() time.Duration { return machine.Since(start) },
		elected: elected, returned: returned, overtaken: r.memory.overtaken,
	}
}

// Start watches until ctx ends; it returns at once.
func (w *clockWatch) Start(ctx context.Context, q queue) error {
	ticker := w.clock.NewTicker(clockCheckEvery)
	go func() {
		defer ticker.Stop()
		wall, steady := w.clock.Now().Round(0), w.monotonic()
		elected := w.elected
		for {
			select {
			case <-ctx.Done():
				return
			case <-elected:
				elected = nil
				w.wakeAll(ctx, q, w.clock.Now())
				continue
			case <-w.returned:
				log.FromContext(ctx).Info("The API server answers again; looking at everything anew")
				w.wakeAll(ctx, q, w.clock.Now())
				continue
			case <-ticker.C():
			}
			nextWall, nextSteady := w.clock.Now().Round(0), w.monotonic()
			jump := nextWall.Sub(wall) - (nextSteady - steady)
			wall, steady = nextWall, nextSteady
			if jump.Abs() >= clockJump {
				log.FromContext(ctx).Info("The clock jumped; planning everything anew", "by", jump.String())
				w.wakeAll(ctx, q, wall)
			}
			w.raise(q, wall)
		}
	}()
	return nil
}

// raise lets those go first that are about to expire in a crowded queue. Their tier
// was right when they were put there, and only time has passed since.
func (w *clockWatch) raise(q queue, now time.Time) {
	if q.Len() == 0 {
		return
	}
	for key, tier := range w.overtaken(now) {
		enqueue(q, key, tier)
	}
}

func (w *clockWatch) wakeAll(ctx context.Context, q queue, now time.Time) {
	list := &v1alpha1.ClientCapabilityList{}
	if err := w.reader.List(ctx, list); err != nil {
		log.FromContext(ctx).Error(err, "Listing what to plan anew failed")
		return
	}
	var together ranks
	for i := range list.Items {
		key := client.ObjectKeyFromObject(&list.Items[i])
		enqueue(q, key, together.lower(firstTier(&list.Items[i], now), key.Namespace))
	}
}
