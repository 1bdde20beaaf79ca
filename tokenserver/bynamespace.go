package tokenserver

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
)

// byNamespace are caches of a namespace each, or under no name one of all.
type byNamespace map[string]*namespaceCache

// namespaceCache is one of them.
type namespaceCache struct {
	cache.Cache
	informers []cache.Informer
}

// follow sets up a cache of the objects in each of the namespaces, or one of all
// where none are named.
func follow(ctx context.Context, config *rest.Config, options cache.Options, namespaces []string, objects ...client.Object) (byNamespace, error) {
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	all := byNamespace{}
	for _, namespace := range namespaces {
		if namespace != metav1.NamespaceAll {
			options.DefaultNamespaces = accounts.InNamespaces([]string{namespace})
		}
		one, err := cache.New(config, options)
		if err != nil {
			return nil, err
		}
		all[namespace] = &namespaceCache{Cache: one}
		for _, object := range objects {
			informer, err := one.GetInformer(ctx, object, cache.BlockUntilSynced(false))
			if err != nil {
				return nil, fmt.Errorf("watching %T: %w", object, err)
			}
			all[namespace].informers = append(all[namespace].informers, informer)
		}
	}
	return all, nil
}

// synced reports whether the cache holds all that there is.
func (c *namespaceCache) synced() bool {
	for _, informer := range c.informers {
		if !informer.HasSynced() {
			return false
		}
	}
	return true
}

// of is the cache that holds a namespace; nil where none does.
func (b byNamespace) of(namespace string) *namespaceCache {
	if all, ok := b[metav1.NamespaceAll]; ok {
		return all
	}
	return b[namespace]
}

// Get reads from the cache of the object's namespace.
func (b byNamespace) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	one := b.of(key.Namespace)
	if one == nil {
		return fmt.Errorf("the namespace %q is not followed", key.Namespace)
	}
	return one.Get(ctx, key, object, options...)
}

// List reads from the cache of the namespace that is listed.
func (b byNamespace) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	in := (&client.ListOptions{}).ApplyOptions(options).Namespace
	one := b.of(in)
	if one == nil {
		return fmt.Errorf("the namespace %q is not followed", in)
	}
	return one.List(ctx, list, options...)
}
