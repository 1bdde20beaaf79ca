package controllers

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// dependsOn is what a capability's account depends on, as the index has it. It
// names namespaces in full: accounts and namespaces are watched in the whole
// cluster, also where capabilities are only in some namespaces, and a cache that
// is asked for a namespace that it does not have says no.
func dependsOn(c *v1alpha1.ClientCapability) []string {
	if ref := &c.Spec.AccountRef; ref.IsClusterAccount() {
		return []string{onClusterAccount(ref.Name), onNamespace(c.Namespace)}
	}
	return []string{onSecret(c.Namespace, c.Spec.AccountRef.Name)}
}

func onSecret(namespace, name string) string { return "Secret/" + namespace + "/" + name }
func onClusterAccount(name string) string    { return "ClusterAccount/" + name }
func onNamespace(name string) string         { return "Namespace/" + name }

// accountEvents wake everyone whose account a Secret is, by its name or by way
// of a ClusterAccount. A Secret that loses the account label leaves the watch,
// and so counts as deleted.
func (r *Reconciler) accountEvents() handlers {
	wake := func(ctx context.Context, secret client.Object, q queue) {
		r.enqueueDependents(ctx, q, onSecret(secret.GetNamespace(), secret.GetName()))
		for _, name := range clusterAccountsOf(ctx, r.Accounts.Cluster, client.ObjectKeyFromObject(secret)) {
			r.enqueueDependents(ctx, q, onClusterAccount(name))
		}
	}
	return wakeWhere(wake, func(was, is client.Object) bool {
		return !reflect.DeepEqual(was.(*corev1.Secret).Data, is.(*corev1.Secret).Data)
	})
}

// wakeWhere has dependents woken when what they depend on comes, goes or changes
// in what matters to them. The initial list wakes the capabilities themselves.
func wakeWhere(wake func(context.Context, client.Object, queue), changed func(was, is client.Object) bool) handlers {
	return handlers{
		created: func(ctx context.Context, ev event.CreateEvent, q queue) {
			if !ev.IsInInitialList {
				wake(ctx, ev.Object, q)
			}
		},
		updated: func(ctx context.Context, ev event.UpdateEvent, q queue) {
			if changed(ev.ObjectOld, ev.ObjectNew) {
				wake(ctx, ev.ObjectNew, q)
			}
		},
		deleted: func(ctx context.Context, ev event.DeleteEvent, q queue) { wake(ctx, ev.Object, q) },
	}
}

// clusterAccountsOf are the names of the ClusterAccounts whose credentials are
// in the Secret; none where ClusterAccounts are not served.
func clusterAccountsOf(ctx context.Context, reader client.Reader, secret types.NamespacedName) []string {
	if reader == nil {
		return nil
	}
	list := &v1alpha1.ClusterAccountList{}
	if err := reader.List(ctx, list, client.MatchingFields{accounts.SecretIndex: secret.String()}); err != nil {
		// The cache answers from memory; it fails only while it is shut down.
		log.FromContext(ctx).Error(err, "Looking up whose account a Secret is failed")
		return nil
	}
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].Name
	}
	return names
}

// clusterAccountEvents wake everyone who uses a ClusterAccount, for what its
// owner changed. Its status is not theirs to care about.
func (r *Reconciler) clusterAccountEvents() handlers {
	wake := func(ctx context.Context, lent client.Object, q queue) {
		r.enqueueDependents(ctx, q, onClusterAccount(lent.GetName()))
	}
	return wakeWhere(wake, func(was, is client.Object) bool {
		return was.GetUID() != is.GetUID() || was.GetGeneration() != is.GetGeneration() ||
			was.GetDeletionTimestamp().IsZero() != is.GetDeletionTimestamp().IsZero()
	})
}

// namespaceEvents wake those in a namespace who use a ClusterAccount, when the
// labels change by which it may be selected.
func (r *Reconciler) namespaceEvents() handlers {
	wake := func(ctx context.Context, namespace client.Object, q queue) {
		r.enqueueDependents(ctx, q, onNamespace(namespace.GetName()))
	}
	return wakeWhere(wake, func(was, is client.Object) bool { return !reflect.DeepEqual(was.GetLabels(), is.GetLabels()) })
}

// enqueueDependents wakes those who depend on something, the most urgent first: those
// whose token is about to expire before everything else, the others in groups
// by their expiry. All groups come after what somebody has just created or
// changed, and before renewals that are due in their time, so that a rotation of
// a thousand tokens holds nobody up.
func (r *Reconciler) enqueueDependents(ctx context.Context, q queue, on string) {
	list := &v1alpha1.ClientCapabilityList{}
	if err := r.Reader.List(ctx, list, client.MatchingFields{accountIndex: on}); err != nil {
		// The cache answers from memory; it fails only while it is shut down.
		log.FromContext(ctx).Error(err, "Looking up who uses an account failed")
		return
	}
	now := r.Clock.Now()
	slices.SortFunc(list.Items, func(a, b v1alpha1.ClientCapability) int {
		return cmp.Or(expiry(&a).Compare(expiry(&b)), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	for i := range list.Items {
		item := &list.Items[i]
		tier := tierChanged - 1 - i*lowestRank/len(list.Items)
		if left := expiry(item).Sub(now); left > 0 && left <= expiring {
			tier = urgency(left)
		}
		r.turns.announce(q, client.ObjectKeyFromObject(item), tier)
	}
}

// expiry is that of the token as status tells it; zero where there is none.
func expiry(c *v1alpha1.ClientCapability) time.Time {
	if c.Status.Token == nil {
		return time.Time{}
	}
	return c.Status.Token.ExpiresAt.Time
}
