package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
)

// AccountItem is an account with those who use it.
type AccountItem struct {
	AccountView
	// Advice is what to do; there is none where nothing is to be done.
	Advice *advice.Advice `json:"advice,omitempty"`
	// UsedBy are the ClientCapabilities that refer to it, as far as the caller may
	// read them.
	UsedBy []ListItem `json:"usedBy"`
}

// Accounts writes which accounts there are and who uses which, or with names all that
// is to be known of those. What the caller may not read is told as far as the
// ClientCapabilities tell it.
func (s *Session) Accounts(ctx context.Context, names []string) error {
	found, err := s.accounts(ctx)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		if found, err = called(found, names); err != nil {
			return err
		}
	}
	switch {
	case s.Format.forPrograms():
		err = s.print(map[string]any{"items": found})
	case len(names) > 0:
		err = s.accountPages(found)
	case len(found) == 0:
		s.nothingFound("accounts")
	default:
		err = s.table(s.accountTable(found))
	}
	if err == nil && len(names) > 0 && slices.ContainsFunc(found, AccountItem.faulty) {
		return ErrFault
	}
	return err
}

// called are the accounts of these names, with or without their kind.
func called(found []AccountItem, names []string) ([]AccountItem, error) {
	var chosen []AccountItem
	for _, name := range names {
		before := len(chosen)
		for _, item := range found {
			if item.Name == name || strings.EqualFold(item.String(), name) {
				chosen = append(chosen, item)
			}
		}
		if len(chosen) == before {
			return nil, fmt.Errorf("no account %q is there, or none that you may read; see which there are with: kubectl capability accounts", name)
		}
	}
	return chosen, nil
}

// accounts are those that the caller may read, and those that are referred to.
func (s *Session) accounts(ctx context.Context) ([]AccountItem, error) {
	used, err := s.usedAccounts(ctx)
	if err != nil {
		return nil, err
	}
	lent, lentErr := s.lentAccounts(ctx, used)
	secrets, secretsErr := s.secretAccounts(ctx, used)
	if err := errors.Join(lentErr, secretsErr); err != nil {
		return nil, err
	}
	all := slices.Concat(lent, secrets)
	slices.SortFunc(all, func(a, b AccountItem) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// users are the ClientCapabilities of one account.
type users struct {
	items []ListItem
	refs  []v1alpha1.AccountReference
}

func (s *Session) usedAccounts(ctx context.Context) (map[AccountName]*users, error) {
	capabilities, err := s.capabilities(ctx)
	if err != nil {
		return nil, err
	}
	used, now := map[AccountName]*users{}, s.Clock.Now()
	for i := range capabilities {
		c := &capabilities[i]
		name := accountOf(c)
		if used[name] == nil {
			used[name] = &users{}
		}
		used[name].items = append(used[name].items, itemOf(c, now))
		used[name].refs = append(used[name].refs, c.Spec.AccountRef)
	}
	return used, nil
}

// usersOf are never nil, so that programs find a list.
func usersOf(used map[AccountName]*users, name AccountName) []ListItem {
	if u := used[name]; u != nil {
		return u.items
	}
	return []ListItem{}
}

// referred adds what is referred to and was not found. Which account an unread one is,
// the status of who uses it tells.
func referred(found []AccountItem, used map[AccountName]*users, kind, state string) []AccountItem {
	for name := range used {
		if name.Kind != kind || slices.ContainsFunc(found, func(i AccountItem) bool { return i.AccountName == name }) {
			continue
		}
		item := AccountItem{AccountView: AccountView{AccountName: name, State: state}, UsedBy: usersOf(used, name)}
		if state == unread {
			item.AccountSID = item.UsedBy[0].AccountSID
		}
		if state == absent {
			about := advice.Subject{Namespace: item.UsedBy[0].Namespace, Name: item.UsedBy[0].Name, Account: used[name].refs[0]}
			if a, ok := advice.ForCapability(v1alpha1.ReasonAccountNotFound, about); ok {
				item.Advice = &a
			}
		}
		found = append(found, item)
	}
	return found
}

func (i AccountItem) faulty() bool {
	switch {
	case i.State == unread:
		return false
	case i.Health != nil:
		return i.Health.Fault
	}
	return i.State == absent || len(i.Signs) == 0
}
