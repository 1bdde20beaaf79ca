package accounts

import (
	"context"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// Finder finds accounts: labelled Secrets, and ClusterAccounts with theirs.
type Finder struct {
	// Secrets reads account Secrets: in production the cache that CacheOptions
	// describes.
	Secrets client.Reader
	// Cluster reads ClusterAccounts and the metadata of namespaces; nil where
	// ClusterAccounts are not served.
	Cluster client.Reader
}

// Find looks up the account that ref names, for a capability in namespace. A
// Secret that is missing or carries no account label is no error: the account
// is then not Found. An error is a failed read.
func (f *Finder) Find(ctx context.Context, namespace string, ref v1alpha1.AccountReference) (issuance.Account, error) {
	if !ref.IsClusterAccount() {
		return f.inSecret(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, ref.Keys)
	}
	if f.Cluster == nil {
		return issuance.Account{Off: true}, nil
	}
	lent := &v1alpha1.ClusterAccount{}
	err := f.Cluster.Get(ctx, types.NamespacedName{Name: ref.Name}, lent)
	switch {
	case apierrors.IsNotFound(err):
		return issuance.Account{}, nil
	case err != nil:
		return issuance.Account{}, fmt.Errorf("reading the ClusterAccount: %w", err)
	case !lent.DeletionTimestamp.IsZero(): // whatever holds it back, its owner has withdrawn it
		return issuance.Account{}, nil
	}
	terms, err := f.terms(ctx, namespace, lent)
	if err != nil {
		return issuance.Account{}, err
	}
	account, err := f.Of(ctx, lent)
	account.Terms = terms
	return account, err
}

// Of reads what a ClusterAccount's Secret holds.
func (f *Finder) Of(ctx context.Context, lent *v1alpha1.ClusterAccount) (issuance.Account, error) {
	ref := lent.Spec.SecretRef
	return f.inSecret(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, ref.Keys)
}

func (f *Finder) inSecret(ctx context.Context, key types.NamespacedName, keys *v1alpha1.AccountKeys) (issuance.Account, error) {
	secret := &corev1.Secret{}
	err := f.Secrets.Get(ctx, key, secret)
	switch {
	case apierrors.IsNotFound(err):
		return issuance.Account{}, nil
	case err != nil:
		return issuance.Account{}, fmt.Errorf("reading the account's Secret: %w", err)
	case !IsAccount(secret):
		return issuance.Account{}, nil
	}
	return issuance.Account{
		Found:     true,
		SID:       credential(secret, keys.AccountSIDKey()),
		AuthToken: credential(secret, keys.AuthTokenKey()),
		APIKey:    credential(secret, keys.APIKeyKey()),
		APISecret: credential(secret, keys.APISecretKey()),
		Region:    credential(secret, keys.RegionKey()),
	}, nil
}

// terms reads the namespace's labels only where they decide.
func (f *Finder) terms(ctx context.Context, namespace string, lent *v1alpha1.ClusterAccount) (*issuance.Terms, error) {
	terms := &issuance.Terms{Allowed: lent.Spec.AllowedNamespaces, Limits: lent.Spec.Limits}
	if terms.Allowed == nil || terms.Allowed.Selector == nil {
		return terms, nil
	}
	found := Namespace()
	err := f.Cluster.Get(ctx, types.NamespacedName{Name: namespace}, found)
	switch {
	case apierrors.IsNotFound(err): // the watch has not brought it yet; when it does, it wakes who is concerned
		return terms, nil
	case err != nil:
		return nil, fmt.Errorf("reading the namespace's labels: %w", err)
	}
	terms.NamespaceLabels = map[string]string{}
	maps.Copy(terms.NamespaceLabels, found.Labels) // not nil: it is known that there are none
	return terms, nil
}

// Namespace is an empty namespace of which only metadata is read and watched.
func Namespace() *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
}

// IsAccount reports whether the Secret's owner has labelled it as an account.
// The cache selects by the same label; this holds where a reader does not.
func IsAccount(secret client.Object) bool {
	return secret.GetLabels()[v1alpha1.AccountLabel] == v1alpha1.AccountLabelValue
}

// credential trims one trailing newline, which editors and echo leave behind.
func credential(secret *corev1.Secret, key string) issuance.Credential {
	value := strings.TrimSuffix(string(secret.Data[key]), "\n")
	return issuance.Credential{Key: key, Value: strings.TrimSuffix(value, "\r")}
}
