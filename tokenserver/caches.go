package tokenserver

import (
	"context"
	"fmt"
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
	capabilities cache.Cache
	accounts     cache.Cache
	informers    []cache.Informer
	lends        bool
}

// NewCaches are those of some namespaces, or of all where none are named. With
// ClusterAccounts, the accounts are those of all namespaces in any case: a
// ClusterAccount's is in none of the tenants'.
func NewCaches(ctx context.Context, config *rest.Config, namespaces []string, clusterAccounts bool) (*Caches, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, voice.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	c := &Caches{lends: clusterAccounts}
	declared := cache.Options{
		Scheme:                       scheme,
		ReaderFailOnMissingInformer:  true,
		DefaultUnsafeDisableDeepCopy: new(true), // nothing here changes what it reads
		ByObject:                     map[client.Object]cache.ByObject{&voice.ClientCapability{}: {Transform: stripCapability}},
		DefaultNamespaces:            accounts.InNamespaces(namespaces),
	}
	secrets := accounts.CacheOptions()
	if !clusterAccounts { // the API server may not know the kind
		secrets = accounts.SecretCacheOptions()
		secrets.DefaultNamespaces = accounts.InNamespaces(namespaces)
	}
	secrets.Scheme = scheme
	secrets.DefaultUnsafeDisableDeepCopy = new(true) // as above: what is found is copied, and not kept
	var err error
	if c.capabilities, err = cache.New(config, declared); err != nil {
		return nil, fmt.Errorf("setting up the cache of ClientCapabilities: %w", err)
	}
	if c.accounts, err = cache.New(config, secrets); err != nil {
		return nil, fmt.Errorf("setting up the cache of accounts: %w", err)
	}
	if err := c.watch(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// watch makes known what the caches are to hold, before they start.
func (c *Caches) watch(ctx context.Context) error {
	held := []client.Object{&corev1.Secret{}}
	if c.lends {
		held = append(held, &voice.ClusterAccount{}, accounts.Namespace())
	}
	if err := c.follow(ctx, c.capabilities, &voice.ClientCapability{}); err != nil {
		return err
	}
	for _, object := range held {
		if err := c.follow(ctx, c.accounts, object); err != nil {
			return err
		}
	}
	return nil
}

func (c *Caches) follow(ctx context.Context, in cache.Cache, object client.Object) error {
	informer, err := in.GetInformer(ctx, object, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watching %T: %w", object, err)
	}
	c.informers = append(c.informers, informer)
	return nil
}

// Start fills the caches and keeps them up to date until ctx ends.
func (c *Caches) Start(ctx context.Context) error {
	var running sync.WaitGroup
	var failed error
	running.Go(func() { failed = c.accounts.Start(ctx) })
	err := c.capabilities.Start(ctx)
	running.Wait()
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("following the cluster: %w", err)
	}
	return nil
}

// Synced reports whether the caches hold the cluster.
func (c *Caches) Synced() bool {
	for _, informer := range c.informers {
		if !informer.HasSynced() {
			return false
		}
	}
	return true
}

// WaitForSync waits until the caches hold the cluster, and reports whether they do:
// not where ctx ended first.
func (c *Caches) WaitForSync(ctx context.Context) bool {
	return c.capabilities.WaitForCacheSync(ctx) && c.accounts.WaitForCacheSync(ctx)
}

// Capabilities reads ClientCapabilities.
func (c *Caches) Capabilities() client.Reader { return c.capabilities }

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
