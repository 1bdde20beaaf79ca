package certificate

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Watch tells of every change of the Secret, the ConfigMap and the APIService, each
// of which it watches by its name alone: no right is needed to see others. It does
// so while follow runs, which the caller starts.
func (k *Keeper) Watch(ctx context.Context, config *rest.Config) (changed <-chan struct{}, follow func(context.Context) error, err error) {
	named := func(name string) fields.Selector { return fields.OneTermEqualSelector("metadata.name", name) }
	here := map[string]cache.Config{k.Namespace: {}}
	watched, err := cache.New(config, cache.Options{
		Scheme:                      k.Client.Scheme(),
		ReaderFailOnMissingInformer: true,
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}:    {Field: named(k.Secret), Namespaces: here},
			&corev1.ConfigMap{}: {Field: named(k.ConfigMap), Namespaces: here},
			APIService():        {Field: named(k.APIService)},
		},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("watching the certificate: %w", err)
	}
	changes := make(chan struct{}, 1) // one word is enough for any number of changes
	tell := func() {
		select {
		case changes <- struct{}{}:
		default:
		}
	}
	for _, object := range []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}, APIService()} {
		informer, err := watched.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return nil, nil, fmt.Errorf("watching %T: %w", object, err)
		}
		_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { tell() },
			UpdateFunc: func(any, any) { tell() },
			DeleteFunc: func(any) { tell() },
		})
		if err != nil {
			return nil, nil, fmt.Errorf("hearing of changes of %T: %w", object, err)
		}
	}
	return changes, watched.Start, nil
}
