package main

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// operate has the operator make a pass over each object of the world that changes,
// until the test ends.
func (w *world) operate() {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	events, err := w.api.Watch(ctx, &v1alpha1.ClientCapabilityList{}, client.InNamespace(w.namespace))
	if err != nil {
		w.t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for event := range events.ResultChan() {
			if c, ok := event.Object.(*v1alpha1.ClientCapability); ok {
				// What fails is tried with the next event; the tests look at what comes of it.
				_, _ = w.operator.Reconcile(ctx, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: c.Namespace, Name: c.Name}})
			}
		}
	})
	w.t.Cleanup(func() {
		stop()
		events.Stop()
		done.Wait()
	})
}

func TestRenewWaitsForTheNewToken(t *testing.T) {
	w := newWorld(t)
	w.issued()
	before := w.object().Status.Token.IssuedAt
	w.operate()
	w.step(5 * time.Minute)
	w.transcribe("renew", "renew tommy --wait")
	after := w.object().Status
	if !after.LastRenewRequest.Equal(must(parsed(w.object().Annotations[v1alpha1.RenewRequestedAtAnnotation]))) || !before.Time.Before(after.Token.IssuedAt.Time) {
		t.Errorf("the token was issued at %v, and now at %v for %v", before, after.Token.IssuedAt, after.LastRenewRequest)
	}
}

func parsed(at string) (*metav1.Time, error) {
	t, err := time.Parse(time.RFC3339, at)
	return &metav1.Time{Time: t}, err
}

func TestRenewTellsOfEachOfMany(t *testing.T) {
	w := newWorld(t)
	w.create(w.accountSecret(w.namespace))
	for _, name := range []string{"desk", "bert", "tommy"} {
		w.create(w.declaration(func(c *v1alpha1.ClientCapability) {
			c.Name, c.Labels = name, map[string]string{"world": w.namespace}
		}))
		w.pass(name)
	}
	w.create(w.declaration(func(c *v1alpha1.ClientCapability) { c.Name, c.Spec.Suspend = "idle", true }))
	w.pass("idle")
	w.operate()
	w.step(5 * time.Minute)
	for command, want := range map[string]struct {
		code  int
		lines []string
	}{
		"renew desk bert --wait -n " + w.namespace:     {exitDone, []string{"desk: renewal requested", "bert: renewal requested", "renewed (2 of 2), expires in 60m"}},
		"renew --all --wait -n " + w.namespace:         {exitFault, []string{"idle: not requested: it is suspended", "renewed (3 of 3)"}},
		"renew -A -l world=" + w.namespace + " --wait": {exitDone, []string{w.namespace + "/tommy: renewal requested", "renewed (3 of 3)"}},
		"renew -l world=nowhere -n " + w.namespace:     {exitDone, []string{"No ClientCapabilities found"}},
		"renew desk nobody -n " + w.namespace:          {exitFailed, []string{`there is no ClientCapability "nobody"`}},
		"renew tommy -n " + w.namespace:                {exitDone, []string{"tommy: renewal requested\n"}},
	} {
		w.step(time.Minute) // a request is a time in whole seconds: each is another one
		got := w.call(command)
		if got.code != want.code {
			t.Errorf("%s ends with %d:\n%s", command, got.code, got.text)
		}
		for _, line := range want.lines {
			if !strings.Contains(got.text, line) {
				t.Errorf("%s does not say %q:\n%s", command, line, got.text)
			}
		}
	}
}

func TestRenewSaysWhatStandsInTheWay(t *testing.T) {
	w := newWorld(t)
	w.issued()
	w.delete(w.accountSecret(w.namespace))
	w.step(5 * time.Minute)
	w.operate()
	w.transcribe("renew-that-fails", "renew tommy --wait --timeout 2s")
}

func TestRenewSaysThatTheOperatorDoesNotAnswer(t *testing.T) {
	w := newWorld(t)
	w.issued()
	w.step(5 * time.Minute)
	w.transcribe("renew-unanswered", "renew tommy --wait --timeout 1s")
}

func TestRenewTellsOfAnObjectThatGoesMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.issued()
	answered := make(chan answer)
	go func() { answered <- w.call("renew tommy --wait -n " + w.namespace) }()
	w.eventually("the request", func() bool { return w.object().Annotations[v1alpha1.RenewRequestedAtAnnotation] != "" })
	w.delete(w.declaration())
	if got := <-answered; got.code != exitFault || !strings.Contains(got.text, "tommy: was deleted") {
		t.Errorf("it ends with %d:\n%s", got.code, got.text)
	}
}
