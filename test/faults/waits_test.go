//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	pollEvery = 50 * time.Millisecond
	// soon bounds what takes no time of its own, on a machine that has other things to do.
	soon = 30 * time.Second
)

// eventually waits for something to be so, and says what else was found.
func eventually(t *testing.T, within time.Duration, what string, so func(context.Context) (bool, string)) {
	t.Helper()
	found := "nothing"
	err := wait.PollUntilContextTimeout(t.Context(), pollEvery, within, true, func(ctx context.Context) (bool, error) {
		ok, now := so(ctx)
		if ctx.Err() == nil { // else it is the time that is up that was found
			found = now
		}
		return ok, nil
	})
	if err != nil {
		t.Fatalf("after %s not so: %s; found: %s", within, what, found)
	}
}

// passes lets time go by.
func passes(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

// change reads the object, changes and writes it, again after each conflict.
func change(t *testing.T, api client.Client, object client.Object, edit func()) {
	t.Helper()
	err := retry.RetryOnConflict(wait.Backoff{Steps: 50, Duration: 10 * time.Millisecond}, func() error {
		if err := api.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		edit()
		return api.Update(t.Context(), object)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (n *namespace) get(ctx context.Context, name string) (*v1alpha1.ClientCapability, error) {
	c := &v1alpha1.ClientCapability{}
	return c, n.api.Get(ctx, n.at(name), c)
}

func (n *namespace) delete(t *testing.T, name string, options ...client.DeleteOption) {
	t.Helper()
	if err := n.api.Delete(t.Context(), n.capability(name, "1h"), options...); err != nil {
		t.Fatal(err)
	}
}

// awaitReady waits until all the ClientCapabilities of the namespace are as healthy as can be.
func (n *namespace) awaitReady(t *testing.T, within time.Duration, count int) {
	t.Helper()
	eventually(t, within, "everything is Ready", func(ctx context.Context) (bool, string) {
		return n.ready(ctx, count)
	})
}

func (n *namespace) ready(ctx context.Context, count int) (bool, string) {
	list := &v1alpha1.ClientCapabilityList{}
	if err := n.api.List(ctx, list, client.InNamespace(n.name)); err != nil {
		return false, err.Error()
	}
	waiting, why := 0, ""
	for i := range list.Items {
		if ok, found := healthy(&list.Items[i]); !ok {
			waiting++
			why = list.Items[i].Name + ": " + found
		}
	}
	return waiting == 0 && len(list.Items) == count, fmt.Sprintf("%d objects, %d not ready, the last %s", len(list.Items), waiting, why)
}

// healthy is Ready for the present generation, with nothing abnormal beside it.
func healthy(c *v1alpha1.ClientCapability) (bool, string) {
	for _, kind := range []string{v1alpha1.RenewalFailingCondition, v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition} {
		if condition := meta.FindStatusCondition(c.Status.Conditions, kind); condition != nil {
			return false, kind + "/" + condition.Reason
		}
	}
	ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ReadyCondition)
	if ready == nil {
		return false, "no condition"
	}
	return ready.Status == metav1.ConditionTrue && c.Status.ObservedGeneration == c.Generation, string(ready.Status) + "/" + ready.Reason
}

// awaitCondition waits until a condition is True (Ready: False) for the reason.
func (n *namespace) awaitCondition(t *testing.T, name, kind, reason string) {
	t.Helper()
	status := metav1.ConditionTrue
	if kind == v1alpha1.ReadyCondition {
		status = metav1.ConditionFalse
	}
	eventually(t, soon, name+" has "+kind+"/"+reason, func(ctx context.Context) (bool, string) {
		c, err := n.get(ctx, name)
		if err != nil {
			return false, err.Error()
		}
		found := meta.FindStatusCondition(c.Status.Conditions, kind)
		if found == nil {
			return false, fmt.Sprintf("%v", c.Status.Conditions)
		}
		return found.Reason == reason && found.Status == status, fmt.Sprintf("%s/%s", found.Status, found.Reason)
	})
}

// awaitGone waits until the object is not there.
func awaitGone(t *testing.T, api client.Client, within time.Duration, object client.Object) {
	t.Helper()
	eventually(t, within, object.GetName()+" is gone", func(ctx context.Context) (bool, string) {
		err := api.Get(ctx, client.ObjectKeyFromObject(object), object)
		return apierrors.IsNotFound(err), fmt.Sprint(err)
	})
}
