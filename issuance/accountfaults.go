package issuance

import (
	"fmt"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// us1 is Twilio's first region, and the only one that accepts Capability tokens.
const us1 = "us1"

// required is a credential that a type of token can't do without.
type required struct {
	Credential
	validate func(string) error
}

// accountFault is what keeps the account from signing. Its messages say how a
// value is wrong, never what it is.
func accountFault(f Facts) *Fault {
	c, account := f.Capability, f.Account
	if c.Spec.AccountRef.IsClusterAccount() {
		return clusterAccountFault(f)
	}
	name := c.Spec.AccountRef.Name
	if !account.Found {
		return accountNotFound(c.Namespace, name)
	}
	for _, part := range requiredOf(c, account) {
		if part.Value == "" {
			return accountKeyMissing(c, account, part.Key)
		}
		if fault := malformed(name, part); fault != nil {
			return fault
		}
	}
	if fault := regionMalformed(name, account.Region); fault != nil {
		return fault
	}
	return regionFault(c, account.Region, fmt.Sprintf("The account's Secret %q", name))
}

func accountNotFound(namespace, name string) *Fault {
	return &Fault{
		Reason: v1alpha1.ReasonAccountNotFound,
		Message: fmt.Sprintf("No Secret %[1]q with the label %[2]s=%[3]s is in the namespace %[4]s; if the Secret exists, its owner allows its use with: "+
			"kubectl label secret --namespace %[4]s %[1]s %[2]s=%[3]s", name, v1alpha1.AccountLabel, v1alpha1.AccountLabelValue, namespace),
		Watched: true,
		Waiting: true,
	}
}

// regionFault is about a Capability token that Twilio would accept in us1 only.
func regionFault(c *v1alpha1.ClientCapability, region Credential, whose string) *Fault {
	if c.TokenType() != v1alpha1.TokenTypeCapability || region.Value == "" || region.Value == us1 {
		return nil
	}
	return &Fault{
		Reason: v1alpha1.ReasonRegionNotSupported,
		Message: fmt.Sprintf("%s is of the region %s, and Twilio accepts Capability tokens in us1 only; "+
			"set spec.tokenType to Access.", whose, region.Value),
		Watched: true,
	}
}

func requiredOf(c *v1alpha1.ClientCapability, account Account) []required {
	if c.TokenType() == v1alpha1.TokenTypeAccess {
		return []required{
			{account.SID, capability.ValidateAccountSID},
			{account.APIKey, capability.ValidateAPIKeySID},
			{account.APISecret, capability.ValidateAPISecret},
		}
	}
	return []required{{account.SID, capability.ValidateAccountSID}, {account.AuthToken, capability.ValidateAuthToken}}
}

func accountKeyMissing(c *v1alpha1.ClientCapability, account Account, key string) *Fault {
	fault := &Fault{
		Reason: v1alpha1.ReasonAccountKeyMissing,
		Message: fmt.Sprintf("The account's Secret %q has nothing under the key %q; add it, or name the right key in spec.accountRef.keys.",
			c.Spec.AccountRef.Name, key),
		Watched: true,
	}
	switch {
	case key == account.SID.Key:
	case c.TokenType() == v1alpha1.TokenTypeAccess:
		fault.Message += " Access tokens are signed with an API key."
	case account.APIKey.Value != "":
		fault.Message += " It has an API key, which signs tokens of spec.tokenType Access."
	}
	return fault
}

func malformed(name string, part required) *Fault {
	err := part.validate(part.Value)
	if err == nil {
		return nil
	}
	return &Fault{
		Reason:  v1alpha1.ReasonAccountMalformed,
		Message: fmt.Sprintf("The key %q of the account's Secret %q: %v.", part.Key, name, err),
		Watched: true,
	}
}

func regionMalformed(name string, region Credential) *Fault {
	if region.Value == "" {
		return nil
	}
	return malformed(name, required{region, capability.ValidateRegion})
}

// tokenType is the declared type as the token library has it.
func tokenType(c *v1alpha1.ClientCapability) capability.Type {
	if c.TokenType() == v1alpha1.TokenTypeAccess {
		return capability.TypeAccess
	}
	return capability.TypeCapability
}
