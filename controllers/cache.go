package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// Indexes of the cache that CacheOptions describe.
const (
	// secretNameIndex finds ClientCapabilities by the Secret that they want, where
	// it has another name than theirs: an entry of an index costs as much memory
	// as a token.
	secretNameIndex = "wantedSecret"
	// accountIndex finds ClientCapabilities by the account that they refer to, and
	// those who refer to a ClusterAccount by their namespace too; see dependsOn.
	accountIndex = "account"
	// controllerUIDIndex finds token Secrets by the UID that controls them, where
	// their name is not that of their controller.
	controllerUIDIndex = "controllerUID"
)

// longestCached bounds what the cache keeps of one value in a Secret, in
// bytes: over the longest token, which has about 20,000, and what is cut can't
// verify.
const longestCached = 32 << 10

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// CacheOptions describe a cache of ClientCapabilities and of Secrets of the
// token type, stripped of what is not read. A Secret of any other type costs
// nothing. Namespaces are the caller's to add.
func CacheOptions() cache.Options {
	return cache.Options{
		ReaderFailOnMissingInformer: true,
		// Nothing that is read is changed: a Secret to write is built anew.
		DefaultUnsafeDisableDeepCopy: new(true),
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.ClientCapability{}: {Transform: stripCapability},
			&corev1.Secret{}: {
				Field:     fields.OneTermEqualSelector("type", string(v1alpha1.SecretType)),
				Transform: stripSecret,
			},
		},
	}
}

func stripCapability(in any) (any, error) {
	if c, ok := in.(*v1alpha1.ClientCapability); ok {
		c.ManagedFields = nil
		delete(c.Annotations, lastApplied)
		shareTexts(c)
	}
	return in, nil
}

// stripSecret keeps the names of all that is there, so that what does not
// belong can be removed.
func stripSecret(in any) (any, error) {
	secret, ok := in.(*corev1.Secret)
	if !ok {
		return in, nil
	}
	secret.ManagedFields = nil
	delete(secret.Annotations, lastApplied)
	for key, value := range secret.Data {
		if len(value) > longestCached {
			secret.Data[key] = append([]byte(nil), value[:longestCached]...)
		}
	}
	shareSecretTexts(secret)
	return secret, nil
}

// addIndexes tells the cache what it is asked for besides names.
func addIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range []struct {
		object client.Object
		name   string
		values client.IndexerFunc
	}{
		{&v1alpha1.ClientCapability{}, secretNameIndex, func(o client.Object) []string {
			return wantedSecret(o.(*v1alpha1.ClientCapability))
		}},
		{&v1alpha1.ClientCapability{}, accountIndex, func(o client.Object) []string {
			return dependsOn(o.(*v1alpha1.ClientCapability))
		}},
		{&corev1.Secret{}, controllerUIDIndex, controllerUID},
	} {
		if err := indexer.IndexField(ctx, index.object, index.name, index.values); err != nil {
			return fmt.Errorf("adding the index %s: %w", index.name, err)
		}
	}
	return nil
}

// wantedSecret is none where tokens are asked for.
func wantedSecret(c *v1alpha1.ClientCapability) []string {
	if c.IsOnDemand() || c.SecretName() == c.Name {
		return nil
	}
	return []string{c.SecretName()}
}

func controllerUID(o client.Object) []string {
	if ref := controllerOf(o.(*corev1.Secret)); ref != nil && ref.Name != o.GetName() {
		return []string{string(ref.UID)}
	}
	return nil
}
