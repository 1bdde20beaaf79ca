package accounts

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// longestValue is far over the 128 characters of the longest credential. What
// is longer is cut in the cache, and stays too long to pass for one.
const longestValue = 1024

// SecretIndex finds ClusterAccounts by the Secret that they name, as
// namespace/name.
const SecretIndex = "accountSecret"

// CacheOptions describe a cache of the account Secrets, of ClusterAccounts and
// of the labels of namespaces, and of nothing else.
func CacheOptions() cache.Options {
	options := SecretCacheOptions()
	options.ByObject[&v1alpha1.ClusterAccount{}] = cache.ByObject{Transform: stripClusterAccount}
	options.ByObject[Namespace()] = cache.ByObject{Transform: stripNamespace}
	return options
}

// SecretCacheOptions describe a cache of the account Secrets alone, for where
// ClusterAccounts are not served: the API server may not know the kind there.
// Namespaces are the caller's to add.
func SecretCacheOptions() cache.Options {
	return cache.Options{
		ReaderFailOnMissingInformer: true,
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}: {
				Label:     labels.SelectorFromSet(labels.Set{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue}),
				Transform: strip,
			},
		},
	}
}

// InNamespaces are the namespaces that a cache is kept to; nil, which is all, where
// none are named.
func InNamespaces(names []string) map[string]cache.Config {
	if len(names) == 0 {
		return nil
	}
	these := make(map[string]cache.Config, len(names))
	for _, name := range names {
		these[name] = cache.Config{}
	}
	return these
}

// AddIndexes tells the cache what it is asked for besides names.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	err := indexer.IndexField(ctx, &v1alpha1.ClusterAccount{}, SecretIndex, func(o client.Object) []string {
		lent, ok := o.(*v1alpha1.ClusterAccount)
		if !ok {
			return nil
		}
		return []string{types.NamespacedName{Namespace: lent.Spec.SecretRef.Namespace, Name: lent.Spec.SecretRef.Name}.String()}
	})
	if err != nil {
		return fmt.Errorf("adding the index %s: %w", SecretIndex, err)
	}
	return nil
}

func stripClusterAccount(in any) (any, error) {
	if lent, ok := in.(*v1alpha1.ClusterAccount); ok {
		lent.ManagedFields, lent.Annotations = nil, nil
	}
	return in, nil
}

// stripNamespace leaves what a selector looks at.
func stripNamespace(in any) (any, error) {
	if namespace, ok := in.(*metav1.PartialObjectMetadata); ok {
		namespace.ObjectMeta = metav1.ObjectMeta{
			Name:            namespace.Name,
			UID:             namespace.UID,
			ResourceVersion: namespace.ResourceVersion,
			Labels:          namespace.Labels,
		}
	}
	return in, nil
}

// strip leaves of an account's Secret what Find reads.
func strip(in any) (any, error) {
	secret, ok := in.(*corev1.Secret)
	if !ok {
		return in, nil
	}
	secret.ObjectMeta = metav1.ObjectMeta{
		Name:              secret.Name,
		Namespace:         secret.Namespace,
		UID:               secret.UID,
		ResourceVersion:   secret.ResourceVersion,
		DeletionTimestamp: secret.DeletionTimestamp,
		Labels:            map[string]string{v1alpha1.AccountLabel: secret.Labels[v1alpha1.AccountLabel]},
	}
	for key, value := range secret.Data {
		if len(value) > longestValue {
			secret.Data[key] = append([]byte(nil), value[:longestValue]...)
		}
	}
	return secret, nil
}
