package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// change is something that a watch showed, to be entered in the ledger.
type change func(l *ledger, now time.Time) []event

// watch follows ClientCapabilities and Secrets until ctx ends. Accounts and tokens come through one watch, and so in
// their true order: a rotation is seen before the token that answers it.
func watch(ctx context.Context, config *rest.Config) (<-chan change, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	caches, err := cache.New(config, cache.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("preparing to watch: %w", err)
	}
	changes := make(chan change, 64)
	send := func(c change) {
		select {
		case changes <- c:
		case <-ctx.Done():
		}
	}
	for _, object := range []client.Object{&v1alpha1.ClientCapability{}, &corev1.Secret{}} {
		informer, err := caches.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return nil, fmt.Errorf("watching %T: %w", object, err)
		}
		if _, err := informer.AddEventHandler(handler(send)); err != nil {
			return nil, fmt.Errorf("watching %T: %w", object, err)
		}
	}
	go func() { _ = caches.Start(ctx) }() // it only ever ends with ctx
	if !caches.WaitForCacheSync(ctx) {
		return nil, errors.New("the watches did not start")
	}
	return changes, nil
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("registering types: %w", err)
	}
	return scheme, nil
}

func handler(send func(change)) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { send(entered(object)) },
		UpdateFunc: func(_, object any) { send(entered(object)) },
		DeleteFunc: func(object any) {
			if last, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
				object = last.Obj
			}
			send(left(object))
		},
	}
}

func entered(object any) change {
	return func(l *ledger, now time.Time) []event {
		switch o := object.(type) {
		case *v1alpha1.ClientCapability:
			return l.declare(o, now)
		case *corev1.Secret:
			return l.store(o, now)
		}
		return nil
	}
}

func left(object any) change {
	return func(l *ledger, now time.Time) []event {
		switch o := object.(type) {
		case *v1alpha1.ClientCapability:
			return l.undeclare(client.ObjectKeyFromObject(o), now)
		case *corev1.Secret:
			return l.remove(client.ObjectKeyFromObject(o), now)
		}
		return nil
	}
}

// present lists the ClientCapabilities that there are.
func present(ctx context.Context, config *rest.Config) ([]v1alpha1.ClientCapability, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	api, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	var list v1alpha1.ClientCapabilityList
	if err := api.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("listing ClientCapabilities: %w", err)
	}
	return list.Items, nil
}

func keysOf(objects []v1alpha1.ClientCapability) map[types.NamespacedName]bool {
	keys := map[types.NamespacedName]bool{}
	for i := range objects {
		keys[client.ObjectKeyFromObject(&objects[i])] = true
	}
	return keys
}
