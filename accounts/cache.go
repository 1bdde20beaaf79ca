package accounts

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// longestValue is far over the 128 characters of the longest credential. What
// is longer is cut in the cache, and stays too long to pass for one.
const longestValue = 1024

// CacheOptions describe a cache of the account Secrets alone. Namespaces are
// the caller's to add.
func CacheOptions() cache.Options {
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
