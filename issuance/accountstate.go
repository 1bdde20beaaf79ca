package issuance

import (
	"errors"
	"fmt"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// ClusterAccountFault is what keeps a ClusterAccount from signing at all, told
// to its owner; nil where nothing does. It looks at all that the Secret holds,
// also at what no capability needs today.
func ClusterAccountFault(spec v1alpha1.ClusterAccountSpec, account Account) *Fault {
	if err := termsError(spec); err != nil {
		return &Fault{
			Reason:  v1alpha1.ReasonLimitsInvalid,
			Message: fmt.Sprintf("Nothing is permitted, because the limits can't be read: %v.", err),
			Watched: true,
		}
	}
	name := spec.SecretRef.Name
	if !account.Found {
		return accountNotFound(spec.SecretRef.Namespace, name)
	}
	parts := []required{{account.SID, capability.ValidateAccountSID}}
	if account.AuthToken.Value != "" {
		parts = append(parts, required{account.AuthToken, capability.ValidateAuthToken})
	}
	if account.APIKey.Value != "" || account.APISecret.Value != "" {
		parts = append(parts, required{account.APIKey, capability.ValidateAPIKeySID}, required{account.APISecret, capability.ValidateAPISecret})
	}
	for _, part := range parts {
		if part.Value == "" {
			return clusterKeyMissing(spec, part.Key)
		}
		if fault := malformed(name, part); fault != nil {
			return fault
		}
	}
	if fault := regionMalformed(name, account.Region); fault != nil {
		return fault
	}
	return nothingToSignWith(spec, account)
}

// nothingToSignWith is the fault of a Secret that serves no permitted type.
func nothingToSignWith(spec v1alpha1.ClusterAccountSpec, account Account) *Fault {
	access, plain := permitsType(spec.Limits, v1alpha1.TokenTypeAccess), permitsType(spec.Limits, v1alpha1.TokenTypeCapability)
	switch {
	case access && account.APIKey.Value != "", plain && account.AuthToken.Value != "" && ofUS1(account.Region):
		return nil
	case access:
		return clusterKeyMissing(spec, account.APIKey.Key)
	case plain && !ofUS1(account.Region):
		return &Fault{
			Reason: v1alpha1.ReasonRegionNotSupported,
			Message: fmt.Sprintf("Secret %q in the namespace %s is of the region %s, and Twilio accepts Capability tokens in us1 only, "+
				"which are all that spec.limits.tokenTypes permits; permit Access.", spec.SecretRef.Name, spec.SecretRef.Namespace, account.Region.Value),
			Watched: true,
		}
	case plain:
		return clusterKeyMissing(spec, account.AuthToken.Key)
	}
	return nil // no type is permitted: the owner wants nothing to be signed
}

func clusterKeyMissing(spec v1alpha1.ClusterAccountSpec, key string) *Fault {
	return &Fault{
		Reason: v1alpha1.ReasonAccountKeyMissing,
		Message: fmt.Sprintf("Secret %q in the namespace %s has nothing under the key %q; add it, or name the right key in spec.secretRef.keys.",
			spec.SecretRef.Name, spec.SecretRef.Namespace, key),
		Watched: true,
	}
}

// termsError is what admission would have refused, had the rule been there when
// the object was stored, and what it can't see.
func termsError(spec v1alpha1.ClusterAccountSpec) error {
	if spec.AllowedNamespaces != nil && spec.AllowedNamespaces.Selector != nil {
		if _, err := namespaceSelector(spec.AllowedNamespaces.Selector); err != nil {
			return fmt.Errorf("allowedNamespaces: %w", err)
		}
	}
	if spec.Limits == nil {
		return nil
	}
	if err := limitsError(spec.Limits); err != nil || spec.Limits.ClientNamePattern == "" {
		return err
	}
	return patternError(spec.Limits.ClientNamePattern)
}

var errTTLUnreadable = errors.New("minTTL and maxTTL must be durations such as 90s, 10m or 1h30m")

// limitsError is what is wrong with limits beside clientNamePattern.
func limitsError(limits *v1alpha1.Limits) error {
	for _, ttl := range []v1alpha1.Duration{limits.MinTTL, limits.MaxTTL} {
		if ttl != "" && ttl.Value() <= 0 {
			return errTTLUnreadable
		}
	}
	return nil
}
