package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// facts are what there is to know of one ClientCapability, as far as the caller may
// know it.
type facts struct {
	capability *v1alpha1.ClientCapability
	// secret stands under the wanted name; nil where none does, and where the
	// caller may not tell.
	secret *corev1.Secret
	// account is what the account is, as the operator finds it.
	account issuance.Account
	// lent is the ClusterAccount that is referred to; nil as secret is.
	lent *v1alpha1.ClusterAccount
	// unread says of each thing that the caller may not read what it is.
	unread []string
	// accountUnread is true where credentials or terms are among that,
	// secretUnread where the token's Secret is.
	accountUnread, secretUnread bool
}

// gather reads the ClientCapability, its Secret and its account. Only of what the
// caller may not read it goes on without.
func (s *Session) gather(ctx context.Context, name string) (*facts, error) {
	f := &facts{}
	var err error
	if f.capability, err = s.capability(ctx, name); err != nil {
		return nil, err
	}
	secret := &corev1.Secret{}
	key := types.NamespacedName{Namespace: f.capability.Namespace, Name: f.capability.SecretName()}
	switch err := s.API.Get(ctx, key, secret); {
	case apierrors.IsNotFound(err):
	case apierrors.IsForbidden(err):
		f.secretUnread = true
		f.unread = append(f.unread, "the Secret "+key.Name)
	case err != nil:
		return nil, fmt.Errorf("reading the Secret %s: %w", key.Name, err)
	default:
		f.secret = secret
	}
	return f, s.gatherAccount(ctx, f)
}

func (s *Session) capability(ctx context.Context, name string) (*v1alpha1.ClientCapability, error) {
	if s.Namespace == "" {
		return nil, Usage("an object is named in one namespace: leave --all-namespaces out")
	}
	c := &v1alpha1.ClientCapability{}
	if err := s.API.Get(ctx, types.NamespacedName{Namespace: s.Namespace, Name: name}, c); err != nil {
		return nil, explained(err, "get", s.Namespace, name)
	}
	return c, nil
}

func (s *Session) finder() *accounts.Finder {
	return &accounts.Finder{Secrets: s.API, Cluster: s.API}
}

// gatherAccount finds the account as the operator does, and the ClusterAccount for
// what is to be said of it.
func (s *Session) gatherAccount(ctx context.Context, f *facts) error {
	ref := f.capability.Spec.AccountRef
	if ref.IsClusterAccount() && saysOff(f.capability) { // a flag of the operator's
		f.account.Off = true
		return nil
	}
	if ref.IsClusterAccount() {
		lent := &v1alpha1.ClusterAccount{}
		switch err := s.API.Get(ctx, types.NamespacedName{Name: ref.Name}, lent); {
		case apierrors.IsForbidden(err):
			f.accountUnread = true
			f.unread = append(f.unread, "the ClusterAccount "+ref.Name)
			return nil
		case client.IgnoreNotFound(err) != nil:
			return fmt.Errorf("reading the ClusterAccount %s: %w", ref.Name, err)
		case err == nil:
			f.lent = lent
		}
	}
	account, err := s.finder().Find(ctx, f.capability.Namespace, ref)
	if apierrors.IsForbidden(err) {
		f.account.Terms, f.accountUnread = account.Terms, true
		f.unread = append(f.unread, "the account's credentials")
		return nil
	}
	f.account = account
	return err
}

// saysOff reports whether the operator says of the declaration as it is now that it
// serves no ClusterAccounts.
func saysOff(c *v1alpha1.ClientCapability) bool {
	return slices.ContainsFunc(c.Status.Conditions, func(condition metav1.Condition) bool {
		return condition.Reason == v1alpha1.ReasonClusterAccountsOff && condition.ObservedGeneration == c.Generation
	})
}

// decidable reports whether the caller knows what the operator decides on.
func (f *facts) decidable() bool { return len(f.unread) == 0 }

// decisionFacts are those that package issuance decides on.
func (f *facts) decisionFacts(s *Session) issuance.Facts {
	return issuance.Facts{
		Capability: f.capability, Account: f.account, Secret: f.secretFacts(),
		AllowedPrefixes: declaredPrefixes(f.capability), Now: s.Clock.Now(),
	}
}

// declaredPrefixes are those of all keys that are declared: which of them are allowed,
// the operator's flags say, and so status alone.
func declaredPrefixes(c *v1alpha1.ClientCapability) []string {
	if c.Spec.Secret == nil {
		return nil
	}
	var prefixes []string
	add := func(key string) {
		if prefix, _, ok := strings.Cut(key, "/"); ok {
			prefixes = append(prefixes, prefix+"/")
		}
	}
	for key := range c.Spec.Secret.Labels {
		add(key)
	}
	for key := range c.Spec.Secret.Annotations {
		add(key)
	}
	return prefixes
}

// ours reports whether the Secret is there and is the capability's own.
func (f *facts) ours() bool {
	return f.secret != nil && f.capability.Owns(string(f.secret.Type), f.secret)
}

func (f *facts) secretFacts() *issuance.Secret {
	switch {
	case f.secret == nil:
		return nil
	case !f.ours():
		return &issuance.Secret{}
	}
	return &issuance.Secret{
		Ours:                 true,
		Immutable:            f.secret.Immutable != nil && *f.secret.Immutable,
		Token:                string(f.secret.Data[f.capability.TokenKey()]),
		AnsweredRenewRequest: f.secret.Annotations[v1alpha1.AnsweredRenewRequestAnnotation],
	}
}
