package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// patience is how long a token may be missing, or signed with a credential that was rotated away, before that is a
// finding: a failover or an outage, the time until watches are open again, and a busy machine.
const patience = 2 * time.Minute

// findings are what must not have been.
type findings struct {
	begun time.Time
	say   func(format string, args ...any)

	mu  sync.Mutex
	all []string
}

// most bounds how many findings are kept word by word: where everything is wrong, a few say it.
const most = 50

func (f *findings) note(format string, args ...any) {
	text := fmt.Sprintf("%s: %s", time.Since(f.begun).Round(100*time.Millisecond), fmt.Sprintf(format, args...))
	f.say("FOUND %s", text)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case len(f.all) < most:
		f.all = append(f.all, text)
	case len(f.all) == most:
		f.all = append(f.all, "and more")
	}
}

func (f *findings) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.all...)
}

func (o *observer) judgeOften(ctx context.Context) {
	for pause(ctx, judgeEvery) == nil {
		for key, raw := range o.judge(time.Now()) {
			o.confirm(ctx, key, raw)
		}
		o.followRotations(time.Now())
	}
}

// judge looks at all that is held, and returns the tokens that have come to their end, as far as the watch has brought
// them.
func (o *observer) judge(now time.Time) map[types.NamespacedName]string {
	suspects := map[types.NamespacedName]string{}
	objects := o.objects.all()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, declared := range objects {
		h := o.held[declared.key]
		if h == nil {
			h = &holding{lost: declared.since}
			o.held[declared.key] = h
		}
		if !h.valid {
			if !h.reported && now.Sub(h.lost) > patience {
				h.reported = true
				o.findings.note("%s has been without a token for %s", declared.key, patience)
			}
			continue
		}
		h.reported = false
		left := h.token.expires.Sub(now)
		if !o.tally.measured || left < o.tally.least {
			o.tally.least, o.tally.measured = left, true
		}
		if left <= 0 && h.judged != h.raw {
			suspects[declared.key] = h.raw
		}
	}
	return suspects
}

// confirm reads the Secret, because the watch may be what is late. The read began after the token's end, so a token that
// it finds is there too long.
func (o *observer) confirm(ctx context.Context, key types.NamespacedName, raw string) {
	secret := &corev1.Secret{}
	err := o.api.Get(ctx, key, secret)
	if client.IgnoreNotFound(err) != nil {
		return // asked again at the next look
	}
	declared := o.objects.at(key)
	o.mu.Lock()
	defer o.mu.Unlock()
	h := o.held[key]
	if h == nil || declared == nil {
		return // it was deleted meanwhile
	}
	h.judged = raw
	if err == nil && string(secret.Data[v1alpha1.DefaultTokenKey]) == raw {
		o.tally.expired++
		o.findings.note("Secret %s holds an expired token", key)
	}
}

// followRotations sees each rotation through until no token is signed with the former credential.
func (o *observer) followRotations(now time.Time) {
	for _, a := range o.accounts {
		a.mu.Lock()
		rotated := a.rotated
		a.mu.Unlock()
		if rotated.IsZero() || o.signedBefore(a) > 0 && now.Sub(rotated) < patience {
			continue
		}
		a.mu.Lock()
		if a.rotated.Equal(rotated) {
			a.rotated = time.Time{}
		}
		a.mu.Unlock()
		if left := o.signedBefore(a); left > 0 {
			o.findings.note("%s after its rotation, %d tokens of the account in %s are still signed with the former credential",
				patience, left, a.namespace)
			continue
		}
		o.mu.Lock()
		o.tally.rotations++
		o.tally.slowestRotation = max(o.tally.slowestRotation, now.Sub(rotated))
		o.mu.Unlock()
	}
}

// signedBefore is how many tokens a former credential of the account has signed.
func (o *observer) signedBefore(a *account) int {
	objects := o.objects.all()
	o.mu.Lock()
	defer o.mu.Unlock()
	former := 0
	for _, declared := range objects {
		if h := o.held[declared.key]; declared.tenant.account == a && h != nil && h.valid {
			if present, err := a.verify(h.token); err == nil && !present {
				former++
			}
		}
	}
	return former
}

// lateness is how long the most urgent token is overdue, and how many Secrets hold none; both are zero once everything
// is as it should be.
func (o *observer) lateness(now time.Time) (overdue time.Duration, without int) {
	objects := o.objects.all()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, declared := range objects {
		h := o.held[declared.key]
		if h == nil || !h.valid {
			without++
			continue
		}
		overdue = max(overdue, declared.margin()-h.token.expires.Sub(now))
	}
	return overdue, without
}

// startOver forgets what was counted while everything began.
func (o *observer) startOver() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tally = tally{}
}

// counted is what the observer has counted so far.
func (o *observer) counted() tally {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tally
}
