package issuance

import (
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// clusterAccountFault is what keeps a ClusterAccount from signing for this
// capability. What its owner has decided comes before what its Secret holds,
// and nothing of the Secret is told: it is not the tenant's.
func clusterAccountFault(f Facts) *Fault {
	c, account := f.Capability, f.Account
	name := c.Spec.AccountRef.Name
	if account.Off {
		return &Fault{
			Reason: v1alpha1.ReasonClusterAccountsOff,
			Message: "This operator does not serve ClusterAccounts (--cluster-accounts=false); " +
				"name a Secret of this namespace in spec.accountRef, with kind Secret.",
			Watched: true,
		}
	}
	if account.Terms == nil {
		return &Fault{
			Reason:  v1alpha1.ReasonAccountNotFound,
			Message: fmt.Sprintf("No ClusterAccount %q exists; ask the platform team for the right name, or for the account.", name),
			Watched: true, Waiting: true, Withheld: true,
		}
	}
	if fault := account.Terms.namespaceFault(c); fault != nil {
		return fault
	}
	if fault := account.Terms.limitsFault(c, f.names()); fault != nil {
		return fault
	}
	return clusterCredentialsFault(c, account)
}

// clusterCredentialsFault is what the account's Secret lacks. Of a kind of
// token that the account does not sign at all the tenant is told, because
// declaring the other kind mends it.
func clusterCredentialsFault(c *v1alpha1.ClientCapability, account Account) *Fault {
	if !account.Found {
		return accountNotReady(c, true)
	}
	for _, part := range requiredOf(c, account) {
		switch {
		case part.Value == "" && part.Key != account.SID.Key && account.signsOtherType(c):
			return typeNotSigned(c)
		case part.Value == "" || part.validate(part.Value) != nil:
			return accountNotReady(c, false)
		}
	}
	if regionMalformed("", account.Region) != nil {
		return accountNotReady(c, false)
	}
	fault := regionFault(c, account.Region, fmt.Sprintf("ClusterAccount %q", c.Spec.AccountRef.Name))
	if fault != nil && !account.signs(v1alpha1.TokenTypeAccess) {
		return accountNotReady(c, false) // the other type, to which the fault would send the tenant, is no way out
	}
	return fault
}

// signsOtherType reports whether the account is one for tokens of the other type
// than the capability declares, so that declaring that mends it.
func (a Account) signsOtherType(c *v1alpha1.ClientCapability) bool {
	if c.TokenType() == v1alpha1.TokenTypeAccess {
		return a.APIKey.Value == "" && a.APISecret.Value == "" && a.signs(v1alpha1.TokenTypeCapability)
	}
	return a.signs(v1alpha1.TokenTypeAccess)
}

// signs reports whether the account has what tokens of the type are signed with,
// and its owner and its region let them be.
func (a Account) signs(t v1alpha1.TokenType) bool {
	if !permitsType(a.Terms.Limits, t) {
		return false
	}
	if t == v1alpha1.TokenTypeAccess {
		return a.APIKey.Value != "" && a.APISecret.Value != ""
	}
	return a.AuthToken.Value != "" && ofUS1(a.Region)
}

// ofUS1 reports whether the region is Twilio's first, which need not be named.
func ofUS1(region Credential) bool { return region.Value == "" || region.Value == us1 }

func typeNotSigned(c *v1alpha1.ClientCapability) *Fault {
	lacks, other := "AuthToken", v1alpha1.TokenTypeAccess
	if c.TokenType() == v1alpha1.TokenTypeAccess {
		lacks, other = "API key", v1alpha1.TokenTypeCapability
	}
	return &Fault{
		Reason: v1alpha1.ReasonAccountKeyMissing,
		Message: fmt.Sprintf("ClusterAccount %q has no %s, so it signs no tokens of spec.tokenType %s; set that to %s, or ask the platform team to add one.",
			c.Spec.AccountRef.Name, lacks, c.TokenType(), other),
		Watched: true,
	}
}

func accountNotReady(c *v1alpha1.ClientCapability, waiting bool) *Fault {
	return &Fault{
		Reason: v1alpha1.ReasonAccountNotReady,
		Message: fmt.Sprintf("ClusterAccount %q can't sign at present; the platform team sees why with: kubectl describe clusteraccount %[1]s",
			c.Spec.AccountRef.Name),
		Watched: true,
		Waiting: waiting,
	}
}

// namespaceFault is that of a namespace that the account's owner does not allow,
// and of one of which that can't be told yet.
func (t *Terms) namespaceFault(c *v1alpha1.ClientCapability) *Fault {
	fault := &Fault{Reason: v1alpha1.ReasonNamespaceNotAllowed, Watched: true, Withheld: true}
	switch {
	case t.lacksLabels():
		fault.Message = fmt.Sprintf("ClusterAccount %q allows namespaces by their labels (spec.allowedNamespaces), and those of the namespace %s are not known yet.",
			c.Spec.AccountRef.Name, c.Namespace)
		fault.Waiting = true
	case !t.allows(c.Namespace):
		fault.Message = fmt.Sprintf("ClusterAccount %q does not allow the namespace %s (spec.allowedNamespaces); ask the platform team to allow it.",
			c.Spec.AccountRef.Name, c.Namespace)
	default:
		return nil
	}
	return fault
}

// lacksLabels reports whether labels decide that are not known. To a selector an
// unknown label would be an absent one, and some select by absence.
func (t *Terms) lacksLabels() bool {
	return t.Allowed != nil && t.Allowed.All == nil && t.Allowed.Selector != nil && t.NamespaceLabels == nil
}

func (t *Terms) allows(namespace string) bool {
	allowed := t.Allowed
	switch {
	case allowed == nil:
		return false
	case allowed.All != nil:
		return *allowed.All
	case allowed.Selector != nil:
		selector, err := namespaceSelector(allowed.Selector)
		return err == nil && selector.Matches(labels.Set(t.NamespaceLabels))
	}
	for _, name := range allowed.Names {
		if string(name) == namespace {
			return true
		}
	}
	return false
}

var errEmptySelector = errors.New("an empty selector would allow every namespace: write all: true for that")

// namespaceSelector is the selector in the form that matches labels.
func namespaceSelector(s *v1alpha1.NamespaceSelector) (labels.Selector, error) {
	plain := &metav1.LabelSelector{}
	for key, value := range s.MatchLabels {
		metav1.AddLabelToSelector(plain, key, string(value))
	}
	for _, requirement := range s.MatchExpressions {
		values := make([]string, len(requirement.Values))
		for i, value := range requirement.Values {
			values[i] = string(value)
		}
		plain.MatchExpressions = append(plain.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: requirement.Key, Operator: metav1.LabelSelectorOperator(requirement.Operator), Values: values,
		})
	}
	selector, err := metav1.LabelSelectorAsSelector(plain)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the selector: %w", err)
	case selector.Empty():
		return nil, errEmptySelector
	}
	return selector, nil
}
