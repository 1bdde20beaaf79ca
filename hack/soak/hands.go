package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// What people do meanwhile, as the report names it.
const (
	overwrote = "token overwritten by hand"
	emptied   = "token removed by hand"
	removed   = "Secret deleted by hand"
	labelled  = "Secret labelled by others"
	changed   = "declaration changed"
	replaced  = "object deleted, another declared"
	redone    = "object with Retain deleted and declared again"
)

const (
	// writtenByHand is what overwrites a token.
	writtenByHand = "edited by hand"
	// handsRest is how long there is between two such things.
	handsRest = time.Second
)

// hands is people at work: they edit, delete and declare.
type hands struct {
	*stage
	registry *registry
	tenants  []*tenant
	random   *rand.Rand

	mu   sync.Mutex
	done map[string]int
}

// run works until ctx ends, while the API server serves.
func (h *hands) run(ctx context.Context) error {
	things := []func(context.Context) (string, error){
		h.edit(overwrote, fmt.Sprintf(`{"stringData":{%q:%q}}`, v1alpha1.DefaultTokenKey, writtenByHand)),
		h.edit(emptied, fmt.Sprintf(`{"data":{%q:null}}`, v1alpha1.DefaultTokenKey)),
		h.edit(labelled, `{"metadata":{"labels":{"team":"support"}}}`),
		h.removeSecret, h.change, h.replace, h.replace,
	}
	for pause(ctx, handsRest/2+time.Duration(h.random.Int64N(int64(handsRest)))) == nil {
		if err := h.do(context.WithoutCancel(ctx), things[h.random.IntN(len(things))]); err != nil {
			return err
		}
	}
	return nil
}

func (h *hands) do(ctx context.Context, thing func(context.Context) (string, error)) error {
	h.serving.RLock()
	defer h.serving.RUnlock()
	what, err := thing(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done[what]++
	return nil
}

// edit patches some token's Secret; one that is not there just now is let be.
func (h *hands) edit(what, patch string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		return what, client.IgnoreNotFound(h.Admin.Patch(ctx, h.someSecret(), client.RawPatch(types.MergePatchType, []byte(patch))))
	}
}

func (h *hands) removeSecret(ctx context.Context) (string, error) {
	return removed, client.IgnoreNotFound(h.Admin.Delete(ctx, h.someSecret()))
}

func (h *hands) someSecret() *corev1.Secret {
	key := h.registry.any(h.random).key
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
}

func (h *hands) change(ctx context.Context) (string, error) {
	key := h.registry.any(h.random).key
	c := &v1alpha1.ClientCapability{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	patch := fmt.Sprintf(`{"spec":{"outgoing":{"applicationSID":"AP%032x"}}}`, h.random.Uint64())
	return changed, h.Admin.Patch(ctx, c, client.RawPatch(types.MergePatchType, []byte(patch)))
}

// replace deletes an object. One that is retained is declared again, and takes its Secret up; another gives its place to
// one of a new name.
func (h *hands) replace(ctx context.Context) (string, error) {
	former := h.registry.any(h.random)
	h.registry.remove(former)
	if err := h.Admin.Delete(ctx, former.declaration()); err != nil {
		return replaced, err
	}
	if !former.retain {
		return replaced, h.registry.declare(ctx, h.Admin, h.registry.fresh(h.tenants, h.random))
	}
	again := *former
	err := h.registry.declare(ctx, h.Admin, &again)
	if apierrors.IsAlreadyExists(err) {
		err = fmt.Errorf("an object without finalizers did not go at once: %w", err)
	}
	return redone, err
}

func (h *hands) counts() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]int{}
	for what, n := range h.done {
		all[what] = n
	}
	return all
}
