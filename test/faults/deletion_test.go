//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

func TestAForegroundDeleteBringsNothingBack(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	o := observe(t, at.api, n)
	p := newProxy(t, at.cluster)
	runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	n.declare(t, "tommy", "30s")
	// A finalizer keeps the object there, being deleted, after its Secret has gone.
	held := n.capability("held", "30s")
	held.Finalizers = []string{"example.com/holds"}
	create(t, at.api, held)
	n.awaitReady(t, soon, 2)

	created := p.count(createSecret)
	for _, name := range []string{"tommy", "held"} {
		n.delete(t, name, client.PropagationPolicy("Foreground"))
	}
	awaitGone(t, at.api, soon, n.capability("tommy", ""))
	awaitGone(t, at.api, soon, n.secret("tommy"))
	// Nothing waits for a Secret that does not block its owner's deletion, so whether garbage collection takes this one
	// before its owner has gone is a matter of which it looks at first.
	if err := client.IgnoreNotFound(at.api.Delete(t.Context(), n.secret("held"))); err != nil {
		t.Error(err)
	}
	passes(t, settles)
	if again := p.count(createSecret) - created; again > 0 || len(o.tokens(n.at("held"))) != 1 {
		t.Errorf("%d Secrets were made again for objects that are being deleted", again)
	}
	change(t, at.api, held, func() { held.Finalizers = nil })
	awaitGone(t, at.api, soon, held)
	o.expectNoneExpired(t)
	expectNoOrphans(t, n)
}

func TestANamespaceThatIsDeletedGoesQuietly(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	p := newProxy(t, at.cluster)
	m := runManager(t, settings{kubeconfig: p.kubeconfig(t), namespaces: []*namespace{n}})
	const objects = 30
	for i := range objects {
		n.declare(t, fmt.Sprintf("client-%d", i), "30s")
	}
	n.awaitReady(t, soon, objects)
	eventually(t, soon, "every first token was told of", func(context.Context) (bool, string) {
		told := p.count(createEvent)
		return told >= objects, fmt.Sprint(told)
	})

	lines, events := m.log.lines(), p.count(createEvent)
	whole := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: n.name}}
	if err := at.api.Delete(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, at.api, time.Minute, whole)
	passes(t, settles)
	if said := m.log.lines() - lines; said > 3 {
		t.Errorf("the end of %d objects took %d lines of the log", objects, said)
	}
	if told := p.count(createEvent) - events; told > 0 {
		t.Errorf("%d events were told of a namespace that is being deleted", told)
	}
}

func TestAnObjectThatIsMadeAgainAtOnceHasAToken(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	o := observe(t, at.api, n)
	runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{n}})
	const objects, rounds = 10, 5
	name := func(i int) string { return fmt.Sprintf("client-%d", i) }
	for i := range objects {
		n.declare(t, name(i), "30s")
	}
	n.awaitReady(t, soon, objects)
	for range rounds {
		many(objects, func(i int) {
			n.delete(t, name(i))
			n.declare(t, name(i), "30s")
		})
	}
	n.awaitReady(t, soon, objects)
	// Garbage collection may still find a Secret of a former incarnation, and must then see it replaced.
	passes(t, settles)
	n.awaitReady(t, soon, objects)
	for i := range objects {
		n.expectOwned(t, name(i))
	}
	o.expectNoneExpired(t)
	o.expectAllVerify(t)
	expectNoOrphans(t, n)
}

// expectOwned: the Secret is there, and goes with the object that is there now.
func (n *namespace) expectOwned(t *testing.T, name string) {
	t.Helper()
	eventually(t, soon, "the Secret belongs to the present object", func(ctx context.Context) (bool, string) {
		c, err := n.get(ctx, name)
		if err != nil {
			return false, err.Error()
		}
		secret := n.secret(name)
		if err := n.api.Get(ctx, n.at(name), secret); err != nil {
			return false, err.Error()
		}
		owner := metav1.GetControllerOf(secret)
		return owner != nil && owner.UID == c.UID, owner.String()
	})
}

func TestRetainIsAsTheUserLeftIt(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	o := observe(t, at.api, n)
	runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{n}})
	policy := func(name string, policy v1alpha1.DeletionPolicy, owners int) {
		c := n.capability(name, "")
		change(t, at.api, c, func() { c.Spec.Secret = &v1alpha1.SecretTarget{DeletionPolicy: policy} })
		eventually(t, soon, "the Secret follows the policy", func(ctx context.Context) (bool, string) {
			secret := n.secret(name)
			err := at.api.Get(ctx, n.at(name), secret)
			return err == nil && len(secret.OwnerReferences) == owners, fmt.Sprint(err, secret.OwnerReferences)
		})
	}
	n.declare(t, "kept", "1h")
	n.declare(t, "dropped", "1h")
	n.awaitReady(t, soon, 2)
	policy("kept", v1alpha1.DeletionPolicyRetain, 0)
	policy("dropped", v1alpha1.DeletionPolicyRetain, 0)
	policy("dropped", v1alpha1.DeletionPolicyDelete, 1)

	n.delete(t, "kept")
	n.delete(t, "dropped")
	awaitGone(t, at.api, soon, n.secret("dropped"))
	passes(t, settles)
	kept := n.secret("kept")
	if err := at.api.Get(t.Context(), n.at("kept"), kept); err != nil {
		t.Fatalf("the retained Secret is gone: %v", err)
	}

	// Taken up again with its token, and then gone with the object that did not ask to retain it.
	n.declare(t, "kept", "1h")
	n.awaitReady(t, soon, 1)
	n.expectOwned(t, "kept")
	if held := len(o.tokens(n.at("kept"))); held != 1 {
		t.Errorf("a living token was replaced when its Secret was taken up again: %d tokens", held)
	}
	n.delete(t, "kept")
	awaitGone(t, at.api, soon, n.secret("kept"))
	o.expectNoneExpired(t)
	expectNoOrphans(t, n)
}

func TestABackupOfSecretsWhoseOwnersAreGoneIsTakenUp(t *testing.T) {
	t.Parallel()
	at := calm.get(t)
	n := newNamespace(t, at.api)
	o := observe(t, at.api, n)
	const objects = 6
	name := func(i int) string { return fmt.Sprintf("client-%d", i) }
	former := func(i int) *corev1.Secret {
		c := n.capability(name(i), "10m")
		c.UID = types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
		issued := time.Now().Add(-time.Minute)
		if i%2 == 0 {
			issued = issued.Add(-time.Hour) // expired in the backup
		}
		secret, _ := n.tokenSecret(t, c, issued)
		return secret
	}
	// Half of the Secrets come back before their objects and before the operator, half while it runs.
	for i := range objects / 2 {
		create(t, at.api, former(i))
		n.declare(t, name(i), "10m")
	}
	runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{n}})
	for i := objects / 2; i < objects; i++ {
		create(t, at.api, former(i))
		n.declare(t, name(i), "10m")
	}
	n.awaitReady(t, soon, objects)
	passes(t, settles)
	n.awaitReady(t, soon, objects)
	for i := range objects {
		n.expectOwned(t, name(i))
	}
	o.expectAllVerify(t)
	expectNoOrphans(t, n)
	steady := time.Now()
	passes(t, time.Second)
	o.expectNoneExpiredAfter(t, steady)
}

// eventsAbout are those that were told of an object.
func (n *namespace) eventsAbout(ctx context.Context, name string) ([]eventsv1.Event, error) {
	list := &eventsv1.EventList{}
	if err := n.api.List(ctx, list, client.InNamespace(n.name)); err != nil {
		return nil, err
	}
	var about []eventsv1.Event
	for i := range list.Items {
		if list.Items[i].Regarding.Name == name {
			about = append(about, list.Items[i])
		}
	}
	return about, nil
}
