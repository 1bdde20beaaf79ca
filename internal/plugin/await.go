package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
)

// awaited are the objects of which a new token is expected still.
type awaited struct {
	s     *Session
	asked time.Time
	left  map[types.NamespacedName]*v1alpha1.ClientCapability
	// said is what was told of each last: not with every event anew.
	said  map[types.NamespacedName]string
	total int
	mu    sync.Mutex
	gone  bool
}

// await follows the objects until each has answered the request, and tells of each as
// it does, and of what stands in its way.
func (s *Session) await(ctx context.Context, requested []v1alpha1.ClientCapability, asked time.Time, timeout time.Duration) error {
	a := &awaited{s: s, asked: asked, total: len(requested), left: map[types.NamespacedName]*v1alpha1.ClientCapability{}, said: map[types.NamespacedName]string{}}
	for i := range requested {
		a.left[client.ObjectKeyFromObject(&requested[i])] = &requested[i]
	}
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := watchtools.UntilWithSync(waiting, s.lister(requested), &v1alpha1.ClientCapability{}, nil, a.hears)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case wait.Interrupted(err), errors.Is(err, watchtools.ErrWatchClosed):
		return a.giveUp(timeout)
	case err != nil:
		return fmt.Errorf("waiting for the renewal: %w", err)
	case a.gone:
		return ErrFault
	}
	return nil
}

// lister lists and watches no more than it has to.
func (s *Session) lister(requested []v1alpha1.ClientCapability) cache.ListerWatcher {
	options := func(o metav1.ListOptions) *client.ListOptions {
		if len(requested) == 1 {
			o.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, requested[0].Name).String()
		}
		return &client.ListOptions{Namespace: s.Namespace, Raw: &o}
	}
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list := &v1alpha1.ClientCapabilityList{}
			err := s.API.List(ctx, list, options(o))
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return s.API.Watch(ctx, &v1alpha1.ClientCapabilityList{}, options(o))
		},
	}
}

// hears takes one event and reports whether nothing is awaited any more.
func (a *awaited) hears(event watch.Event) (bool, error) {
	c, ok := event.Object.(*v1alpha1.ClientCapability)
	if !ok {
		return false, nil
	}
	key := client.ObjectKeyFromObject(c)
	if _, awaited := a.left[key]; !awaited {
		return false, nil
	}
	switch {
	case event.Type == watch.Deleted:
		delete(a.left, key)
		a.gone = true
		a.s.tell(&a.mu, c, "was deleted")
	case answered(c, a.asked):
		delete(a.left, key)
		token := c.Status.Token
		a.s.tell(&a.mu, c, fmt.Sprintf("renewed (%d of %d), expires in %s", a.total-len(a.left), a.total, in(a.s.Clock.Now(), token.ExpiresAt.Time)))
	default:
		a.left[key] = c
		a.tellTrouble(key, c)
	}
	return len(a.left) == 0, nil
}

// answered reports whether the token in the Secret answers this request or a later one.
func answered(c *v1alpha1.ClientCapability, asked time.Time) bool {
	last := c.Status.LastRenewRequest
	return last != nil && !last.Time.Before(asked) && c.Status.Token != nil
}

// tellTrouble says what stands in the way, once for each reason.
func (a *awaited) tellTrouble(key types.NamespacedName, c *v1alpha1.ClientCapability) {
	h := healthOf(c, a.s.Clock.Now())
	if !h.Fault || h.Reason == advice.Pending || a.said[key] == h.Reason {
		return
	}
	a.said[key] = h.Reason
	a.s.tell(&a.mu, c, "waiting: "+h.Reason+": "+h.Message)
}

// giveUp says who was not renewed, and how to learn why.
func (a *awaited) giveUp(timeout time.Duration) error {
	keys := make([]types.NamespacedName, 0, len(a.left))
	for key := range a.left {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(x, y types.NamespacedName) int { return strings.Compare(x.String(), y.String()) })
	faulty := false
	for _, key := range keys {
		c := a.left[key]
		h := healthOf(c, a.s.Clock.Now())
		faulty = faulty || h.Fault
		why := "the operator has not answered"
		if h.Fault {
			why = h.Reason
		}
		a.s.tell(&a.mu, c, fmt.Sprintf("not renewed within %s: %s (kubectl capability explain %s -n %s)", timeout, why, c.Name, c.Namespace))
	}
	if faulty {
		return ErrFault
	}
	return ErrTimeout
}
