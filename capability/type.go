package capability

import (
	"fmt"
	"strconv"
)

// Type is the kind of a token. Twilio has two that open a Voice client.
type Type uint8

const (
	// TypeCapability is the older kind, and the zero value: signed with the
	// account's AuthToken. Twilio calls it deprecated and takes it in US1 only.
	TypeCapability Type = iota

	// TypeAccess is the kind for anything new: signed with the secret of an API
	// key, which can be taken back without changing the account's AuthToken.
	TypeAccess
)

// String gives "Capability" or "Access".
func (t Type) String() string {
	switch t {
	case TypeCapability:
		return "Capability"
	case TypeAccess:
		return "Access"
	}
	return "Type(" + strconv.Itoa(int(t)) + ")"
}

// validate checks that t can be signed with key, but for its times.
func (t Token) validate(key string) error {
	if err := ValidateAccountSID(t.AccountSID); err != nil {
		return err
	}
	var err error
	switch t.Type {
	case TypeCapability:
		err = t.validateCapability(key)
	case TypeAccess:
		err = t.validateAccess(key)
	default:
		return fmt.Errorf("%w: the token's type is neither Capability nor Access", ErrGrant)
	}
	if err != nil {
		return err
	}
	return t.Grant.ValidateFor(t.Type)
}

func (t Token) validateCapability(authToken string) error {
	if t.KeySID != "" {
		return fmt.Errorf("%w: a Capability token is signed with the AuthToken and names no API key; "+
			"use type Access, or leave the key's SID out", ErrCredentials)
	}
	if t.Region != "" {
		return fmt.Errorf("%w: a Capability token names no region, and works in us1 only; "+
			"use type Access, or leave the region out", ErrCredentials)
	}
	return ValidateAuthToken(authToken)
}

func (t Token) validateAccess(secret string) error {
	if err := ValidateAPIKeySID(t.KeySID); err != nil {
		return err
	}
	if t.Region != "" {
		if err := ValidateRegion(t.Region); err != nil {
			return err
		}
	}
	return ValidateAPISecret(secret)
}
