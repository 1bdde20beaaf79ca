package tokenserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
	voice "github.com/capability-operator/capability-operator/api/v1alpha1"
)

// Caches are what is known of the cluster: the declarations and the accounts, so
// that a request costs the API server nothing.
type Caches struct {
	declared byNamespace // ClientCapabilities
	accounts byNamespace // labelled Secrets; with ClusterAccounts in one, which has these too
	lends    bool
	leftOut  []string
}

// Followed is what Caches hold.
type Followed struct {
	// Namespaces are those that are served; none for all. Each has caches of its own,
	// so that one that can't be read holds up no other.
	Namespaces []string
	// LeftOut are those of them that may not be read yet. They are served once they
	// may, and nobody waits for that.
	LeftOut []string
	// ClusterAccounts has the accounts of all namespaces held in any case: a
	// ClusterAccount's is in none of the tenants'.
	ClusterAccounts bool
}

// NewCaches sets them up; Start fills them.
func NewCaches(ctx context.Context, config *rest.Config, of Followed) (*Caches, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, voice.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	c := &Caches{lends: of.ClusterAccounts, leftOut: of.LeftOut}
	declared := cache.Options{ByObject: map[client.Object]cache.ByObject{&voice.ClientCapability{}: {Transform: stripCapability}}}
	secrets, lenders := accounts.SecretCacheOptions(), of.Namespaces // the API server may not know ClusterAccounts
	held := []client.Object{&corev1.Secret{}}
	if of.ClusterAccounts {
		secrets, lenders = accounts.CacheOptions(), nil
		held = append(held, &voice.ClusterAccount{}, accounts.Namespace())
	}
	for _, options := range []*cache.Options{&declared, &secrets} {
		options.Scheme, options.ReaderFailOnMissingInformer = scheme, true
		options.DefaultUnsafeDisableDeepCopy = new(true) // nothing here changes what it reads
	}
	var err error
	if c.declared, err = follow(ctx, config, declared, of.Namespaces, &voice.ClientCapability{}); err != nil {
		return nil, fmt.Errorf("setting up the cache of ClientCapabilities: %w", err)
	}
	if c.accounts, err = follow(ctx, config, secrets, lenders, held...); err != nil {
		return nil, fmt.Errorf("setting up the cache of accounts: %w", err)
	}
	return c, nil
}

// Start fills the caches and keeps them up to date until ctx ends.
func (c *Caches) Start(ctx context.Context) error {
	var running sync.WaitGroup
	ends := make(chan error, len(c.declared)+len(c.accounts))
	for _, all := range []byNamespace{c.declared, c.accounts} {
		for _, one := range all {
			running.Go(func() { ends <- one.Start(ctx) })
		}
	}
	running.Wait()
	close(ends)
	var errs []error
	for err := range ends {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("following the cluster: %w", err)
	}
	return nil
}

// Synced reports whether the caches hold what is served, without what is left out.
func (c *Caches) Synced() bool {
	return !slices.ContainsFunc(c.awaited(), func(one *namespaceCache) bool { return !one.synced() })
}

// WaitForSync waits until Synced, and reports whether it came: not where ctx ended
// first.
func (c *Caches) WaitForSync(ctx context.Context) bool {
	return !slices.ContainsFunc(c.awaited(), func(one *namespaceCache) bool { return !one.WaitForCacheSync(ctx) })
}

// awaited are the caches without which the server is not ready.
func (c *Caches) awaited() (all []*namespaceCache) {
	for _, each := range []byNamespace{c.declared, c.accounts} {
		for namespace, one := range each {
			if !slices.Contains(c.leftOut, namespace) {
				all = append(all, one)
			}
		}
	}
	return all
}

// Holds reports whether the caches hold what decides on requests in a namespace.
func (c *Caches) Holds(namespace string) bool {
	declared, lenders := c.declared.of(namespace), c.accounts.of(namespace)
	return declared != nil && lenders != nil && declared.synced() && lenders.synced()
}

// Capabilities reads ClientCapabilities.
func (c *Caches) Capabilities() client.Reader { return c.declared }

// Finder finds accounts.
func (c *Caches) Finder() *accounts.Finder {
	finder := &accounts.Finder{Secrets: c.accounts}
	if c.lends {
		finder.Cluster = c.accounts
	}
	return finder
}

// stripCapability leaves what a decision is made on: status is the manager's.
func stripCapability(in any) (any, error) {
	if c, ok := in.(*voice.ClientCapability); ok {
		c.ObjectMeta = metav1.ObjectMeta{
			Name:              c.Name,
			Namespace:         c.Namespace,
			UID:               c.UID,
			Generation:        c.Generation,
			ResourceVersion:   c.ResourceVersion,
			DeletionTimestamp: c.DeletionTimestamp,
		}
		c.Status = voice.ClientCapabilityStatus{}
	}
	return in, nil
}
