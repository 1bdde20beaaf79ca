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

// AccountSIDKey is the key of the account's Secret that holds the account SID.
func (r *AccountReference) AccountSIDKey() string {
	if r.Keys != nil && r.Keys.AccountSID != "" {
		return string(r.Keys.AccountSID)
	}
	return DefaultAccountSIDKey
}

// AuthTokenKey is the key of the account's Secret that holds the AuthToken.
func (r *AccountReference) AuthTokenKey() string {
	if r.Keys != nil && r.Keys.AuthToken != "" {
		return string(r.Keys.AuthToken)
	}
	return DefaultAuthTokenKey
}
