package v1alpha1

// SecretName is the name of the Secret that the token goes into.
func (c *ClientCapability) SecretName() string {
	if c.Spec.Secret != nil && c.Spec.Secret.Name != "" {
		return c.Spec.Secret.Name
	}
	return c.Name
}

// TokenKey is the key of the Secret's data that holds the token.
func (c *ClientCapability) TokenKey() string {
	if c.Spec.Secret != nil && c.Spec.Secret.Key != "" {
		return string(c.Spec.Secret.Key)
	}
	return DefaultTokenKey
}

// DeletionPolicy is what becomes of the Secret when the object is deleted.
func (c *ClientCapability) DeletionPolicy() DeletionPolicy {
	if c.Spec.Secret != nil && c.Spec.Secret.DeletionPolicy != "" {
		return c.Spec.Secret.DeletionPolicy
	}
	return DeletionPolicyDelete
}

// TokenType is the kind of token that is declared.
func (c *ClientCapability) TokenType() TokenType {
	if c.Spec.TokenType != "" {
		return c.Spec.TokenType
	}
	return TokenTypeCapability
}

// IsOnDemand reports whether no Secret is kept, and each token is asked for.
func (c *ClientCapability) IsOnDemand() bool { return c.Spec.Delivery == DeliveryOnDemand }

// ClientNamePattern is what a caller's choice of a client name must match; empty
// where there is none to make.
func (c *ClientCapability) ClientNamePattern() string {
	if c.Spec.OnDemand == nil {
		return ""
	}
	return c.Spec.OnDemand.ClientNamePattern
}

// IsClusterAccount reports whether the account is a ClusterAccount.
func (r *AccountReference) IsClusterAccount() bool { return r.Kind == AccountKindClusterAccount }

// AccountSIDKey is the key of the account's Secret that holds the account SID.
func (k *AccountKeys) AccountSIDKey() string {
	return orDefault(k.orNone().AccountSID, DefaultAccountSIDKey)
}

// AuthTokenKey is the key of the account's Secret that holds the AuthToken.
func (k *AccountKeys) AuthTokenKey() string {
	return orDefault(k.orNone().AuthToken, DefaultAuthTokenKey)
}

// APIKeyKey is the key of the account's Secret that holds an API key's SID.
func (k *AccountKeys) APIKeyKey() string {
	return orDefault(k.orNone().APIKey, DefaultAPIKeyKey)
}

// APISecretKey is the key of the account's Secret that holds that API key's secret.
func (k *AccountKeys) APISecretKey() string {
	return orDefault(k.orNone().APISecret, DefaultAPISecretKey)
}

// RegionKey is the key of the account's Secret that holds the account's region.
func (k *AccountKeys) RegionKey() string {
	return orDefault(k.orNone().Region, DefaultRegionKey)
}

// orNone lets every method be called where no key has a name of its own.
func (k *AccountKeys) orNone() AccountKeys {
	if k == nil {
		return AccountKeys{}
	}
	return *k
}

func orDefault(key SecretKey, otherwise string) string {
	if key != "" {
		return string(key)
	}
	return otherwise
}
