package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
)

// lentAccounts are the ClusterAccounts, with what their Secrets are good for where the
// caller may read those. A cluster that does not know the kind has none.
func (s *Session) lentAccounts(ctx context.Context, used map[AccountName]*users) ([]AccountItem, error) {
	lent := &v1alpha1.ClusterAccountList{}
	switch err := s.API.List(ctx, lent); {
	case apierrors.IsForbidden(err):
		return referred(nil, used, v1alpha1.ClusterAccountKind, unread), nil
	case err != nil && !isUnknownKind(err):
		return nil, fmt.Errorf("reading ClusterAccounts: %w", err)
	}
	var found []AccountItem
	for i := range lent.Items {
		item, err := s.lentAccount(ctx, &lent.Items[i], used)
		if err != nil {
			return nil, err
		}
		found = append(found, item)
	}
	return referred(found, used, v1alpha1.ClusterAccountKind, absent), nil
}

func (s *Session) lentAccount(ctx context.Context, lent *v1alpha1.ClusterAccount, used map[AccountName]*users) (AccountItem, error) {
	item := AccountItem{AccountView: AccountView{AccountName: AccountName{Kind: v1alpha1.ClusterAccountKind, Name: lent.Name}, State: present}}
	item.UsedBy = usersOf(used, item.AccountName)
	item.lend(lent)
	if a, ok := advice.ForAccount(item.Health.Reason, lent); ok && len(a.Steps) > 0 {
		item.Advice = &a
	}
	account, err := s.finder().Of(ctx, lent)
	switch {
	case apierrors.IsForbidden(err):
		return item, nil
	case err != nil:
		return item, err
	}
	item.hold(account)
	return item, nil
}

// secretAccounts are the labelled Secrets of the namespace that the caller is in.
func (s *Session) secretAccounts(ctx context.Context, used map[AccountName]*users) ([]AccountItem, error) {
	list := &corev1.SecretList{}
	err := s.API.List(ctx, list, client.InNamespace(s.Namespace), client.MatchingLabels{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue})
	switch {
	case apierrors.IsForbidden(err):
		return referred(nil, used, secretKind, unread), nil
	case err != nil:
		return nil, fmt.Errorf("reading account Secrets: %w", err)
	}
	var found []AccountItem
	read := readSecrets{list: list.Items}
	for i := range list.Items {
		item, err := read.account(ctx, &list.Items[i], used)
		if err != nil {
			return nil, err
		}
		found = append(found, item)
	}
	return referred(found, used, secretKind, absent), nil
}

// secretKind is the kind of an account that is a Secret.
const secretKind = "Secret"

// readSecrets finds what was read already.
type readSecrets struct {
	client.Reader
	list []corev1.Secret
}

var errNoSecret = errors.New("only Secrets were read")

// Get is what a Finder calls.
func (r readSecrets) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	target, ok := into.(*corev1.Secret)
	if !ok {
		return errNoSecret
	}
	for i := range r.list {
		if client.ObjectKeyFromObject(&r.list[i]) == key {
			r.list[i].DeepCopyInto(target)
			return nil
		}
	}
	return apierrors.NewNotFound(corev1.Resource("secrets"), key.Name)
}

// account tells what a Secret is good for, by the keys that its users name, or by the
// usual ones where nobody uses it.
func (r readSecrets) account(ctx context.Context, secret *corev1.Secret, used map[AccountName]*users) (AccountItem, error) {
	item := AccountItem{AccountView: AccountView{AccountName: AccountName{Kind: secretKind, Namespace: secret.Namespace, Name: secret.Name}, State: present}}
	item.UsedBy = usersOf(used, item.AccountName)
	refs := []v1alpha1.AccountReference{{Name: secret.Name}}
	if u := used[item.AccountName]; u != nil {
		refs = u.refs
	}
	types := []v1alpha1.TokenType{}
	finder := &accounts.Finder{Secrets: r}
	for _, ref := range refs {
		account, err := finder.Find(ctx, secret.Namespace, ref)
		if err != nil {
			return item, err
		}
		item.hold(account)
		types = append(types, item.Signs...)
	}
	slices.Sort(types)
	if item.Signs = slices.Compact(types); len(item.Signs) == 0 {
		item.Advice = new(advice.Incomplete(secret.Namespace, secret.Name))
	}
	return item, nil
}
