package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// judgeEvery is how often all that the Secrets hold is held against the clock.
const judgeEvery = 100 * time.Millisecond

// observer follows every version of every token Secret with a watch of its own.
type observer struct {
	api      client.WithWatch
	objects  *registry
	accounts []*account
	findings *findings

	mu    sync.Mutex
	held  map[types.NamespacedName]*holding
	tally tally
}

// holding is what one Secret holds.
type holding struct {
	raw    string
	token  token
	valid  bool // it is a token of the account's
	edited bool // what is there was put there by hand

	lost     time.Time // since when there is no token of the account's; zero where there is one
	judged   string    // the token that was found expired last
	reported bool      // that nothing came for too long
}

// tally is what the observer counts.
type tally struct {
	first, renewed, reissued int
	expired, foreign         int
	least                    time.Duration // of what was left of a token that was to be renewed
	measured                 bool          // least was
	rotations                int           // that were seen through to the last token
	slowestRotation          time.Duration
	slowestFirst             time.Duration
	mended                   int
	slowestMend              time.Duration
}

func newObserver(api client.WithWatch, objects *registry, accounts []*account, findings *findings) *observer {
	return &observer{api: api, objects: objects, accounts: accounts, findings: findings, held: map[types.NamespacedName]*holding{}}
}

// run works until ctx ends.
func (o *observer) run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil { // starting over at once: unlike a reflector it never backs off
			o.follow(ctx)
			_ = pause(ctx, judgeEvery) // it ends with ctx, which the loop looks at
		}
	})
	running.Go(func() { o.judgeOften(ctx) })
	running.Wait()
}

func tokenSecrets() *client.ListOptions {
	return &client.ListOptions{FieldSelector: fields.OneTermEqualSelector("type", string(v1alpha1.SecretType))}
}

func (o *observer) follow(ctx context.Context) {
	list := &corev1.SecretList{}
	if err := o.api.List(ctx, list, tokenSecrets()); err != nil {
		return
	}
	there := map[types.NamespacedName]bool{}
	for i := range list.Items {
		there[client.ObjectKeyFromObject(&list.Items[i])] = true
		o.saw(&list.Items[i], time.Now())
	}
	o.missing(there)
	from := tokenSecrets()
	from.Raw = &metav1.ListOptions{ResourceVersion: list.ResourceVersion}
	watching, err := o.api.Watch(ctx, &corev1.SecretList{}, from)
	if err != nil {
		return
	}
	defer watching.Stop()
	for event := range watching.ResultChan() {
		secret, ok := event.Object.(*corev1.Secret)
		if !ok {
			return
		}
		if event.Type == watch.Deleted {
			o.sawEnd(client.ObjectKeyFromObject(secret), time.Now())
			continue
		}
		o.saw(secret, time.Now())
	}
}

// missing notes the ends that came while no watch told of them.
func (o *observer) missing(there map[types.NamespacedName]bool) {
	o.mu.Lock()
	var gone []types.NamespacedName
	for key, h := range o.held {
		if h.raw != "" && !there[key] {
			gone = append(gone, key)
		}
	}
	o.mu.Unlock()
	for _, key := range gone {
		o.sawEnd(key, time.Now())
	}
}

func (o *observer) sawEnd(key types.NamespacedName, now time.Time) {
	declared := o.objects.at(key)
	o.mu.Lock()
	defer o.mu.Unlock()
	if declared == nil {
		delete(o.held, key)
		return
	}
	if h := o.held[key]; h != nil {
		h.lose(now)
		h.raw = ""
	}
}

// lose notes that there is no token any more.
func (h *holding) lose(now time.Time) {
	h.valid = false
	if h.lost.IsZero() {
		h.lost = now
	}
}

// saw takes in what a Secret holds now.
func (o *observer) saw(secret *corev1.Secret, now time.Time) {
	key := client.ObjectKeyFromObject(secret)
	declared := o.objects.at(key)
	o.mu.Lock()
	defer o.mu.Unlock()
	if declared == nil {
		delete(o.held, key)
		return
	}
	h := o.held[key]
	if h == nil {
		h = &holding{lost: declared.since}
		o.held[key] = h
	}
	raw := string(secret.Data[v1alpha1.DefaultTokenKey])
	if raw == h.raw {
		return
	}
	before := *h
	h.raw = raw
	if raw == "" || raw == writtenByHand {
		h.edited = true
		h.lose(now)
		return
	}
	read, err := declared.read(raw)
	if err != nil {
		h.lose(now)
		o.tally.foreign++
		o.findings.note("Secret %s holds what is not its token: %s", key, err)
		return
	}
	h.token, h.valid, h.edited, h.lost = read, true, false, time.Time{}
	o.count(declared, &before, now)
}

// read judges what is in the object's Secret, but for its expiry.
func (o *object) read(raw string) (token, error) {
	t, err := readToken(raw)
	if err != nil {
		return t, err
	}
	if t.lifetime() != o.ttl {
		return t, fmt.Errorf("it lives for %s, not for %s", t.lifetime(), o.ttl)
	}
	_, err = o.tenant.account.verify(t)
	return t, err
}

// count says of a new token what it is in place of.
func (o *observer) count(declared *object, before *holding, now time.Time) {
	switch left := before.token.expires.Sub(now); {
	case before.raw == "" && !before.edited && !before.lost.After(declared.since):
		o.tally.first++
		o.tally.slowestFirst = max(o.tally.slowestFirst, now.Sub(declared.since))
	case !before.valid:
		o.tally.mended++
		o.tally.slowestMend = max(o.tally.slowestMend, now.Sub(before.lost))
	case left <= declared.earliest():
		o.tally.renewed++
	default:
		o.tally.reissued++
	}
}

// earliest is how much of a token is left when it is renewed at the earliest: a tenth of the waiting time before it is due.
func (o *object) earliest() time.Duration {
	return o.margin() + (o.ttl-o.margin())/10 + time.Second
}
