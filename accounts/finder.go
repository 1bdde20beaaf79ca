package accounts

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// Finder finds accounts in labelled Secrets.
type Finder struct {
	// Secrets reads account Secrets: in production the cache that CacheOptions
	// describes.
	Secrets client.Reader
}

// Find looks up the account that ref names, for a capability in namespace. A
// Secret that is missing or carries no account label is no error: the account
// is then not Found. An error is a failed read.
func (f *Finder) Find(ctx context.Context, namespace string, ref v1alpha1.AccountReference) (issuance.Account, error) {
	secret := &corev1.Secret{}
	err := f.Secrets.Get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, secret)
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
		SID:       credential(secret, ref.AccountSIDKey()),
		AuthToken: credential(secret, ref.AuthTokenKey()),
		APIKey:    credential(secret, ref.APIKeyKey()),
		APISecret: credential(secret, ref.APISecretKey()),
		Region:    credential(secret, ref.RegionKey()),
	}, nil
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
