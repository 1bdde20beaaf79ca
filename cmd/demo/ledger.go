package main

import (
	"cmp"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// ledger holds what was seen of the cluster, and turns each change into events. It has no clock and no client: changes
// and the time come in as values. Watches of different kinds are not ordered among themselves, so every change leads to
// the same question, whether the Secret that an object names holds another token than before.
type ledger struct {
	objects map[types.NamespacedName]*object
	secrets map[types.NamespacedName]*corev1.Secret // token Secrets and account Secrets
	// operator is the field manager that wrote the first token. The cluster is fresh, so that was the operator; whoever
	// else writes a token later did it by hand.
	operator string
}

// object is a ClientCapability and what became of its token.
type object struct {
	key      types.NamespacedName
	declared *v1alpha1.ClientCapability // nil once it is deleted
	first    int64                      // its generation when it was first seen
	changed  time.Time                  // when its generation last changed
	asked    request
	resumed  resumption

	account account
	token   *sighting // the last token seen, also when it has gone from the Secret since
	lost    *loss     // set while the Secret does not hold a token
	tally   tally
}

// request is the renew request that an object carries, and since when.
type request struct {
	value string
	at    time.Time
}

// resumption is the end of a time in which the operator could not, or was told not to, keep the token alive.
type resumption struct {
	why string
	at  time.Time
}

// account is the credentials that an object's account has, and what they replaced.
type account struct {
	known    bool // they exist and have the right form
	signs    v1alpha1.TokenType
	sid      string
	auth     string    // the AuthToken, or for Access tokens the API key's secret
	previous string    // the one before
	changed  time.Time // since when auth is no longer previous
}

// sighting is one token, as it was found in a Secret.
type sighting struct {
	secret, key string // where
	raw         string
	says        capability.Token // zero where it can't be read
	readable    bool
	byHand      string // the field manager that wrote it, where that was not the operator
	answered    string // the renew request that it answers
	generation  int64  // of the object, as known then
	seen        time.Time
	failed      bool // already counted as failing verification
	expired     bool // already counted as found expired
}

// loss is a token gone from its Secret.
type loss struct {
	why string
	at  time.Time
}

// tally is what the summary reports.
type tally struct {
	issued, renewed, reissued int
	failed, expired           int
	shortest                  time.Duration
	lived                     bool // shortest was measured
}

func newLedger() *ledger {
	return &ledger{
		objects: map[types.NamespacedName]*object{},
		secrets: map[types.NamespacedName]*corev1.Secret{},
	}
}

// declare takes in a ClientCapability that was created or changed.
func (l *ledger) declare(c *v1alpha1.ClientCapability, now time.Time) []event {
	key := types.NamespacedName{Namespace: c.Namespace, Name: c.Name}
	o := l.objects[key]
	if o == nil {
		o = &object{key: key}
		l.objects[key] = o
	}
	before := o.declared
	if before == nil {
		o.first = c.Generation
	} else if before.Generation != c.Generation {
		o.changed = now
	}
	if before != nil && before.Spec.Suspend && !c.Spec.Suspend {
		o.resumed = resumption{why: "renewal is no longer suspended", at: now}
	}
	if asked := c.Annotations[v1alpha1.RenewRequestedAtAnnotation]; asked != o.asked.value {
		o.asked = request{value: asked, at: now}
	}
	o.declared = c
	return append(l.look(o, now), conditionEvents(o, before, now)...)
}

// undeclare takes in that a ClientCapability was deleted.
func (l *ledger) undeclare(key types.NamespacedName, now time.Time) []event {
	o := l.objects[key]
	if o == nil || o.declared == nil {
		return nil
	}
	o.declared = nil
	return []event{{at: now, about: label(key), what: "deleted", detail: "the ClientCapability was deleted", tone: notice}}
}

// store takes in a Secret that was created or changed. Secrets that are neither an account nor a token's are let be.
func (l *ledger) store(s *corev1.Secret, now time.Time) []event {
	key := types.NamespacedName{Namespace: s.Namespace, Name: s.Name}
	if !isAccount(s) && s.Type != v1alpha1.SecretType {
		if l.secrets[key] == nil {
			return nil
		}
		return l.remove(key, now) // an account without its label is as good as gone
	}
	l.secrets[key] = s
	return l.settle(key, now)
}

// remove takes in that a Secret was deleted.
func (l *ledger) remove(key types.NamespacedName, now time.Time) []event {
	delete(l.secrets, key)
	return l.settle(key, now)
}

// settle looks again at every object that a Secret matters to.
func (l *ledger) settle(secret types.NamespacedName, now time.Time) []event {
	var events []event
	for _, o := range l.sorted() {
		if o.declared == nil || o.key.Namespace != secret.Namespace {
			continue
		}
		if o.declared.Spec.AccountRef.Name == secret.Name {
			if e, ok := l.readAccount(o, now); ok && !slices.ContainsFunc(events, sameAs(e)) {
				events = append(events, e)
			}
		}
		if o.declared.SecretName() == secret.Name {
			events = append(events, l.look(o, now)...)
		}
	}
	return events
}

// sameAs finds an event that says the same: an account's change is said once, however many objects it matters to.
func sameAs(e event) func(event) bool { return func(other event) bool { return e == other } }

// sorted are the objects in the order in which they are shown.
func (l *ledger) sorted() []*object {
	return slices.SortedFunc(maps.Values(l.objects), func(a, b *object) int {
		return cmp.Or(cmp.Compare(a.key.Namespace, b.key.Namespace), cmp.Compare(a.key.Name, b.key.Name))
	})
}

func isAccount(s *corev1.Secret) bool {
	return s.Labels[v1alpha1.AccountLabel] == v1alpha1.AccountLabelValue
}
