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

// AccountSIDKey is the key of the account's Secret that holds the account SID.
func (r *AccountReference) AccountSIDKey() string {
	return orDefault(r.keys().AccountSID, DefaultAccountSIDKey)
}

// AuthTokenKey is the key of the account's Secret that holds the AuthToken.
func (r *AccountReference) AuthTokenKey() string {
	return orDefault(r.keys().AuthToken, DefaultAuthTokenKey)
}

// APIKeyKey is the key of the account's Secret that holds an API key's SID.
func (r *AccountReference) APIKeyKey() string {
	return orDefault(r.keys().APIKey, DefaultAPIKeyKey)
}

// APISecretKey is the key of the account's Secret that holds that API key's secret.
func (r *AccountReference) APISecretKey() string {
	return orDefault(r.keys().APISecret, DefaultAPISecretKey)
}

// RegionKey is the key of the account's Secret that holds the account's region.
func (r *AccountReference) RegionKey() string {
	return orDefault(r.keys().Region, DefaultRegionKey)
}

func (r *AccountReference) keys() AccountKeys {
	if r.Keys == nil {
		return AccountKeys{}
	}
	return *r.Keys
}

func orDefault(key SecretKey, otherwise string) string {
	if key != "" {
		return string(key)
	}
	return otherwise
}
