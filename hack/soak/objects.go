package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	leastTTL, mostTTL = time.Minute, 10 * time.Minute
	// leastMargin is the least time that is left of a token when it is due: the default renewBefore of the least ttl. No
	// fault may last as long.
	leastMargin = leastTTL / 2
)

// tenant is a namespace whose objects all name one account.
type tenant struct {
	namespace string
	account   *account
	ref       v1alpha1.AccountReference
}

// object is a declaration that is in the cluster, or about to be.
type object struct {
	key    types.NamespacedName
	tenant *tenant
	ttl    time.Duration
	access bool
	retain bool
	since  time.Time // when it was declared
}

// kinds of objects alternate, so that each namespace has some of each.
func newObject(tenants []*tenant, number int, random *rand.Rand) *object {
	of := tenants[number%len(tenants)]
	return &object{
		key:    types.NamespacedName{Namespace: of.namespace, Name: fmt.Sprintf("client-%05d", number)},
		tenant: of,
		ttl:    leastTTL + time.Duration(random.Int64N(int64((mostTTL-leastTTL)/time.Second)+1))*time.Second,
		access: number/len(tenants)%4 == 0,
		retain: number/len(tenants)%5 == 0,
	}
}

// margin is how long before its expiry the object's token is due: the documented default, which nobody overrides here.
func (o *object) margin() time.Duration {
	return max(o.ttl/3, min(2*time.Minute, o.ttl/2)).Truncate(time.Second)
}

func (o *object) declaration() *v1alpha1.ClientCapability {
	c := &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.key.Namespace, Name: o.key.Name},
		Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: o.tenant.ref,
			ClientName: fmt.Sprintf("client_%s", o.key.Name[len("client-"):]),
			Incoming:   true,
			TTL:        v1alpha1.Duration(o.ttl.String()),
		},
	}
	if o.access {
		c.Spec.TokenType = v1alpha1.TokenTypeAccess
	}
	if o.retain {
		c.Spec.Secret = &v1alpha1.SecretTarget{DeletionPolicy: v1alpha1.DeletionPolicyRetain}
	}
	return c
}

// registry is which objects there are meant to be.
type registry struct {
	mu      sync.Mutex
	objects map[types.NamespacedName]*object
	order   []*object
	next    int // the number of the next object that has not been
}

func newRegistry() *registry { return &registry{objects: map[types.NamespacedName]*object{}} }

// add has the object looked after from now on.
func (r *registry) add(o *object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o.since = time.Now()
	r.objects[o.key] = o
	r.order = append(r.order, o)
}

// remove has nobody look at what becomes of the object's token.
func (r *registry) remove(o *object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.objects, o.key)
	for i := range r.order {
		if r.order[i] == o {
			last := len(r.order) - 1
			r.order[i], r.order = r.order[last], r.order[:last]
			return
		}
	}
}

// at is the object whose Secret has the name; nil where there is none.
func (r *registry) at(key types.NamespacedName) *object {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.objects[key]
}

// all is a copy, to look through.
func (r *registry) all() []*object {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*object(nil), r.order...)
}

// any is one by chance.
func (r *registry) any(random *rand.Rand) *object {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.order[random.IntN(len(r.order))]
}

// fresh is an object that has not been yet.
func (r *registry) fresh(tenants []*tenant, random *rand.Rand) *object {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return newObject(tenants, r.next-1, random)
}

// declare puts the object into the cluster.
func (r *registry) declare(ctx context.Context, api client.Client, o *object) error {
	r.add(o)
	if err := api.Create(ctx, o.declaration()); err != nil {
		return fmt.Errorf("declaring an object: %w", err)
	}
	return nil
}
