package plugin

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
	"github.com/capability-operator/capability-operator/issuance"
)

// AccountView is what is to be known of an account; never its credentials.
type AccountView struct {
	AccountName
	// State is Present, Absent or Unread, which says that the caller may not tell.
	State string `json:"state"`
	// AccountSID is the account at Twilio.
	AccountSID string `json:"accountSID,omitempty"`
	// Signs are the types of token that it has credentials for; none are given
	// where the caller may not read them.
	Signs []v1alpha1.TokenType `json:"signs,omitempty"`
	// APIKey is the SID of what signs Access tokens.
	APIKey string `json:"apiKey,omitempty"`
	Region string `json:"region,omitempty"`
	// Off is true of a ClusterAccount that the operator says it does not serve.
	Off bool `json:"off,omitempty"`

	// The rest is of ClusterAccounts.

	// Secret is where its credentials are, as NAMESPACE/NAME.
	Secret string `json:"secret,omitempty"`
	// Allowed says in words which namespaces may use it.
	Allowed     string                      `json:"allowedNamespaces,omitempty"`
	Limits      *v1alpha1.Limits            `json:"limits,omitempty"`
	PreviousKey *v1alpha1.PreviousKeyStatus `json:"previousKey,omitempty"`
	Health      *Health                     `json:"health,omitempty"`
	// Accepted says whether Twilio accepts the credentials, where it is asked.
	Accepted string `json:"credentialsAccepted,omitempty"`
}

// viewAccount is the account of one ClientCapability.
func (f *facts) viewAccount() AccountView {
	v := AccountView{AccountName: accountOf(f.capability), State: present, Off: f.account.Off}
	switch {
	case f.accountUnread && f.lent == nil:
		v.State = unread
	case f.lent != nil:
		v.lend(f.lent)
	case !f.account.Found:
		v.State = absent
	}
	v.hold(f.account)
	if f.accountUnread && v.AccountSID == "" {
		v.AccountSID = f.capability.Status.AccountSID
	}
	return v
}

// hold tells what the account's credentials are for.
func (v *AccountView) hold(account issuance.Account) {
	if !account.Found {
		return
	}
	// A value of another form may be a credential that went into the wrong key.
	if capability.ValidateAccountSID(account.SID.Value) == nil {
		v.AccountSID = account.SID.Value
	}
	if capability.ValidateAPIKeySID(account.APIKey.Value) == nil {
		v.APIKey = account.APIKey.Value
	}
	if account.Region.Value != "" && capability.ValidateRegion(account.Region.Value) == nil {
		v.Region = account.Region.Value
	}
	v.Signs = signedBy(account)
}

// signedBy are the types of token that the credentials can sign.
func signedBy(account issuance.Account) []v1alpha1.TokenType {
	types := []v1alpha1.TokenType{}
	if capability.ValidateAccountSID(account.SID.Value) != nil {
		return types
	}
	if capability.ValidateAPIKeySID(account.APIKey.Value) == nil && capability.ValidateAPISecret(account.APISecret.Value) == nil {
		types = append(types, v1alpha1.TokenTypeAccess)
	}
	region := account.Region.Value
	if capability.ValidateAuthToken(account.AuthToken.Value) == nil && (region == "" || region == "us1") {
		types = append(types, v1alpha1.TokenTypeCapability)
	}
	return types
}

// lend tells what the owner of a ClusterAccount says of it.
func (v *AccountView) lend(lent *v1alpha1.ClusterAccount) {
	v.Secret = lent.Spec.SecretRef.Namespace + "/" + lent.Spec.SecretRef.Name
	v.Allowed, v.Limits = allowedInWords(lent.Spec.AllowedNamespaces), lent.Spec.Limits
	v.AccountSID, v.PreviousKey = lent.Status.AccountSID, lent.Status.PreviousKey
	if lent.Status.SigningKey != nil {
		v.APIKey = lent.Status.SigningKey.SID
	}
	h := healthOfAccount(lent)
	v.Health = &h
	if accepted := meta.FindStatusCondition(lent.Status.Conditions, v1alpha1.CredentialsAcceptedCondition); accepted != nil {
		v.Accepted = string(accepted.Status)
	}
}

// healthOfAccount is how a ClusterAccount fares. What Twilio refuses comes after what
// keeps it from signing at all.
func healthOfAccount(lent *v1alpha1.ClusterAccount) Health {
	ready := meta.FindStatusCondition(lent.Status.Conditions, v1alpha1.ReadyCondition)
	if ready == nil || lent.Status.ObservedGeneration != lent.Generation {
		return Health{Reason: advice.Pending, Fault: true, Message: "The operator has not looked at this ClusterAccount as it is now."}
	}
	h := Health{Ready: ready.Status == metav1.ConditionTrue, Reason: ready.Reason, Message: ready.Message}
	h.Fault = !h.Ready
	accepted := meta.FindStatusCondition(lent.Status.Conditions, v1alpha1.CredentialsAcceptedCondition)
	if h.Ready && accepted != nil && accepted.Status != metav1.ConditionTrue {
		h.Reason, h.Message, h.Fault = accepted.Reason, accepted.Message, true
	}
	return h
}

func allowedInWords(allowed *v1alpha1.AllowedNamespaces) string {
	switch {
	case allowed == nil:
		return "none"
	case allowed.All != nil && *allowed.All:
		return "all"
	case allowed.Selector != nil:
		return "those labelled " + selectorInWords(allowed.Selector)
	}
	names := make([]string, len(allowed.Names))
	for i, name := range allowed.Names {
		names[i] = string(name)
	}
	return orNone(names)
}

func selectorInWords(s *v1alpha1.NamespaceSelector) string {
	var parts []string
	for key, value := range s.MatchLabels {
		parts = append(parts, key+"="+string(value))
	}
	slices.Sort(parts)
	for _, e := range s.MatchExpressions {
		part := fmt.Sprintf("%s %s", e.Key, e.Operator)
		if len(e.Values) > 0 {
			part += " " + list(e.Values)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// limitsInWords are the limits one by one. Where there is a namespace, the pattern of
// names is shown as it holds there.
func limitsInWords(limits *v1alpha1.Limits, namespace string) []string {
	var words []string
	add := func(is bool, format string, args ...any) {
		if is {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	if limits == nil {
		limits = &v1alpha1.Limits{}
	}
	add(limits.MinTTL != "", "ttl at least %s", limits.MinTTL)
	add(limits.MaxTTL != "", "ttl at most %s", limits.MaxTTL)
	add(limits.TokenTypes != nil, "tokenType %s", list(limits.TokenTypes))
	add(limits.Capabilities != nil, "capabilities %s", list(limits.Capabilities))
	add(limits.Capabilities == nil, "no eventStream")
	add(limits.ApplicationSIDs != nil, "applications %s", list(limits.ApplicationSIDs))
	pattern := limits.ClientNamePattern
	if namespace != "" {
		pattern = strings.ReplaceAll(pattern, v1alpha1.NamespacePlaceholder, namespace)
	}
	add(pattern != "", "client names like %s", pattern)
	return words
}

func list[T ~string](values []T) string {
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = string(value)
	}
	slices.Sort(names)
	return orNone(names)
}
