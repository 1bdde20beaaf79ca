package plugin

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// ListItem is a ClientCapability in a list.
type ListItem struct {
	Namespace    string                `json:"namespace"`
	Name         string                `json:"name"`
	ClientName   string                `json:"clientName,omitempty"`
	Capabilities []string              `json:"capabilities"`
	TokenType    v1alpha1.TokenType    `json:"tokenType"`
	TTL          v1alpha1.Duration     `json:"ttl"`
	Account      AccountName           `json:"account"`
	Delivery     v1alpha1.Delivery     `json:"delivery"`
	SecretName   string                `json:"secretName,omitempty"`
	AccountSID   string                `json:"accountSID,omitempty"`
	Token        *v1alpha1.TokenStatus `json:"token,omitempty"`
	Health       `json:"health"`
	suspended    bool
}

// AccountName is which account is meant.
type AccountName struct {
	Kind string `json:"kind"`
	// Namespace is empty for a ClusterAccount.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

func (a AccountName) String() string { return a.Kind + "/" + a.Name }

func accountOf(c *v1alpha1.ClientCapability) AccountName {
	ref := c.Spec.AccountRef
	if ref.IsClusterAccount() {
		return AccountName{Kind: v1alpha1.ClusterAccountKind, Name: ref.Name}
	}
	return AccountName{Kind: secretKind, Namespace: c.Namespace, Name: ref.Name}
}

// List writes how the ClientCapabilities fare that the selector selects.
func (s *Session) List(ctx context.Context, selector labels.Selector) error {
	found, err := s.capabilities(ctx, client.MatchingLabelsSelector{Selector: selector})
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	items := make([]ListItem, len(found))
	for i := range found {
		items[i] = itemOf(&found[i], now)
	}
	if s.Format.forPrograms() {
		return s.print(map[string]any{"items": items})
	}
	if len(items) == 0 {
		s.nothingFound("ClientCapabilities")
		return nil
	}
	if err := s.table(s.listTable(items, now)); err != nil {
		return err
	}
	s.hint(items)
	return nil
}

func (s *Session) nothingFound(what string) {
	if s.Namespace == "" {
		fmt.Fprintf(s.Err, "No %s found.\n", what)
	} else {
		fmt.Fprintf(s.Err, "No %s found in the namespace %s.\n", what, s.Namespace)
	}
}

// hint says how to learn more of the first that needs it. It goes where it is in the
// way of no program.
func (s *Session) hint(items []ListItem) {
	faults, first := 0, ListItem{}
	for _, item := range items {
		if item.Fault {
			if faults == 0 {
				first = item
			}
			faults++
		}
	}
	verb := "need"
	if faults == 1 {
		verb = "needs"
	}
	if faults > 0 {
		fmt.Fprintf(s.Err, "\n%d of %d %s attention. What to do: kubectl capability explain %s -n %s\n", faults, len(items), verb, first.Name, first.Namespace)
	}
}

// pageSize is how many objects are asked for at a time, as kubectl does.
const pageSize = 500

// capabilities reads those of the namespace that the caller is in.
func (s *Session) capabilities(ctx context.Context, options ...client.ListOption) ([]v1alpha1.ClientCapability, error) {
	found, err := s.listed(ctx, options...)
	return found, explained(err, "list", s.Namespace, "")
}

func (s *Session) listed(ctx context.Context, options ...client.ListOption) ([]v1alpha1.ClientCapability, error) {
	var all []v1alpha1.ClientCapability
	page := &v1alpha1.ClientCapabilityList{}
	for {
		asked := append([]client.ListOption{client.InNamespace(s.Namespace), client.Limit(pageSize), client.Continue(page.Continue)}, options...)
		page = &v1alpha1.ClientCapabilityList{}
		if err := s.API.List(ctx, page, asked...); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Continue == "" {
			return all, nil
		}
	}
}

func itemOf(c *v1alpha1.ClientCapability, now time.Time) ListItem {
	item := ListItem{
		Namespace: c.Namespace, Name: c.Name, ClientName: c.Spec.ClientName, Capabilities: capabilitiesOf(c),
		TokenType: c.TokenType(), TTL: c.Spec.TTL, Account: accountOf(c), Delivery: v1alpha1.DeliverySecret,
		SecretName: c.SecretName(), AccountSID: c.Status.AccountSID, Token: c.Status.Token, Health: healthOf(c, now), suspended: c.Spec.Suspend,
	}
	if c.IsOnDemand() {
		item.Delivery, item.SecretName = v1alpha1.DeliveryOnDemand, c.Status.SecretName
	}
	return item
}

// capabilitiesOf are what is declared, as limits name it.
func capabilitiesOf(c *v1alpha1.ClientCapability) []string {
	names := []string{}
	for _, declared := range []struct {
		name v1alpha1.CapabilityName
		is   bool
	}{
		{v1alpha1.CapabilityIncoming, c.Spec.Incoming},
		{v1alpha1.CapabilityOutgoing, c.Spec.Outgoing != nil},
		{v1alpha1.CapabilityEventStream, c.Spec.EventStream != nil},
	} {
		if declared.is {
			names = append(names, string(declared.name))
		}
	}
	return names
}
