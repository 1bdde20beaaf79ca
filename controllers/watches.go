package controllers

import (
	"context"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// handlers are an event handler in which the tier of each event is ours to
// choose: the library's own Funcs would lower that of the initial list.
type handlers struct {
	created func(context.Context, event.CreateEvent, queue)
	updated func(context.Context, event.UpdateEvent, queue)
	deleted func(context.Context, event.DeleteEvent, queue)
}

func (e handlers) Create(ctx context.Context, ev event.CreateEvent, q queue) { e.created(ctx, ev, q) }
func (e handlers) Update(ctx context.Context, ev event.UpdateEvent, q queue) {
	if ev.ObjectOld.GetResourceVersion() != ev.ObjectNew.GetResourceVersion() { // else a resync
		e.updated(ctx, ev, q)
	}
}
func (e handlers) Delete(ctx context.Context, ev event.DeleteEvent, q queue) { e.deleted(ctx, ev, q) }

// Generic events are none of ours: nothing here sends them.
func (e handlers) Generic(context.Context, event.GenericEvent, queue) {}

func enqueue(q queue, key types.NamespacedName, tier int) {
	request := reconcile.Request{NamespacedName: key}
	if pq, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
		pq.AddWithOpts(priorityqueue.AddOpts{Priority: new(tier)}, request)
		return
	}
	q.Add(request)
}

// capabilityEvents wake an object for what its owner changed: a label does not
// matter here, and the status that was just written is no news.
func (r *Reconciler) capabilityEvents() handlers {
	var initial ranks
	return handlers{
		created: func(_ context.Context, ev event.CreateEvent, q queue) {
			tier := tierChanged
			if ev.IsInInitialList {
				tier = r.firstSeen(ev.Object.(*v1alpha1.ClientCapability), &initial)
			}
			r.turns.announce(q, client.ObjectKeyFromObject(ev.Object), tier)
		},
		updated: func(_ context.Context, ev event.UpdateEvent, q queue) {
			was, is := ev.ObjectOld.(*v1alpha1.ClientCapability), ev.ObjectNew.(*v1alpha1.ClientCapability)
			if r.matters(was, is) {
				r.turns.announce(q, client.ObjectKeyFromObject(is), tierChanged)
			}
		},
		deleted: func(_ context.Context, ev event.DeleteEvent, q queue) {
			enqueue(q, client.ObjectKeyFromObject(ev.Object), tierInDate) // to forget it
		},
	}
}

// firstSeen is the tier of an object of the initial list. What its status says of
// the token is noted, so that it can be raised while it waits in a crowd.
func (r *Reconciler) firstSeen(c *v1alpha1.ClientCapability, initial *ranks) int {
	now := r.Clock.Now()
	tier := firstTier(c, now)
	if token := c.Status.Token; token != nil && token.RenewsAt != nil {
		r.memory.waits(client.ObjectKeyFromObject(c), token.ExpiresAt.Time, token.RenewsAt.Time, tier)
	}
	return initial.lower(tier, c.Namespace)
}

func (r *Reconciler) matters(was, is *v1alpha1.ClientCapability) bool {
	if was.UID != is.UID || was.Generation != is.Generation || was.DeletionTimestamp.IsZero() != is.DeletionTimestamp.IsZero() ||
		was.Annotations[v1alpha1.RenewRequestedAtAnnotation] != is.Annotations[v1alpha1.RenewRequestedAtAnnotation] {
		return true
	}
	if reflect.DeepEqual(was.Status, is.Status) {
		return false
	}
	return statusDigest(is.Status) != r.memory.get(client.ObjectKeyFromObject(is)).status
}

// tokenSecretEvents wake the owner of a Secret for what others did to it, and
// everyone who wants its name.
func (r *Reconciler) tokenSecretEvents() handlers {
	wake := func(ctx context.Context, secret *corev1.Secret, q queue) {
		owner := types.NamespacedName{Namespace: secret.Namespace, Name: v1alpha1.OwnerName(secret)}
		if owner.Name != "" {
			r.turns.announce(q, owner, tierChanged)
		}
		r.enqueueWanting(ctx, q, client.ObjectKeyFromObject(secret), owner)
	}
	news := func(ctx context.Context, secret *corev1.Secret, q queue) {
		owner := types.NamespacedName{Namespace: secret.Namespace, Name: v1alpha1.OwnerName(secret)}
		if !r.memory.isEcho(owner, secretDigest(secret)) {
			wake(ctx, secret, q)
		}
	}
	return handlers{
		created: func(ctx context.Context, ev event.CreateEvent, q queue) {
			if !ev.IsInInitialList { // the initial list wakes the capabilities themselves
				news(ctx, ev.Object.(*corev1.Secret), q)
			}
		},
		updated: func(ctx context.Context, ev event.UpdateEvent, q queue) {
			was, is := ev.ObjectOld.(*corev1.Secret), ev.ObjectNew.(*corev1.Secret)
			if v1alpha1.OwnerName(was) != v1alpha1.OwnerName(is) {
				wake(ctx, was, q)
			}
			news(ctx, is, q)
		},
		deleted: func(ctx context.Context, ev event.DeleteEvent, q queue) { wake(ctx, ev.Object.(*corev1.Secret), q) },
	}
}

// enqueueWanting wakes everyone else who wants a Secret: the ClientCapability of
// the same name, by default, and those that name it. Its owner is awake already: the
// pass may be under way, and would be followed by another.
func (r *Reconciler) enqueueWanting(ctx context.Context, q queue, secret, owner types.NamespacedName) {
	if secret != owner {
		namesake := &v1alpha1.ClientCapability{}
		if err := r.Reader.Get(ctx, secret, namesake); err == nil && !namesake.IsOnDemand() && namesake.SecretName() == secret.Name {
			r.turns.announce(q, secret, tierChanged)
		}
	}
	list := &v1alpha1.ClientCapabilityList{}
	if err := r.Reader.List(ctx, list, client.InNamespace(secret.Namespace), client.MatchingFields{secretNameIndex: secret.Name}); err != nil {
		// The cache answers from memory; it fails only while it is shut down.
		log.FromContext(ctx).Error(err, "Looking up who wants a Secret failed", "secret", secret)
		return
	}
	var together ranks
	for i := range list.Items {
		if key := client.ObjectKeyFromObject(&list.Items[i]); key != owner {
			r.turns.announce(q, key, together.lower(tierChanged, key.Namespace))
		}
	}
}
