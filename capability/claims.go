package capability

import (
	"fmt"
	"time"
)

// claims are what the second segment of a token says.
type claims struct {
	Token

	// notBefore is zero in all tokens that this package mints; Twilio's Python
	// library sets it to the time of issue.
	notBefore time.Time
}

// readClaims checks the form of each claim. It refuses claims that are not known:
// a Token could not tell its reader about them.
func readClaims(object []byte) (claims, error) {
	m, err := readMembers(object)
	if err != nil {
		return claims{}, fmt.Errorf("%w: claims: %w", ErrMalformed, err)
	}
	if !m.only("iss", "scope", "iat", "exp", "nbf") {
		return claims{}, fmt.Errorf("%w: claims: there are others than iss, scope, iat, exp and nbf", ErrMalformed)
	}
	var c claims
	var ok bool
	if c.AccountSID, ok = m.text("iss"); !ok || !isSID(c.AccountSID, "AC") {
		return claims{}, fmt.Errorf("%w: claims: iss is not an account SID", ErrMalformed)
	}
	if c.ExpiresAt, ok = m.seconds("exp"); !ok {
		return claims{}, fmt.Errorf("%w: claims: exp is not a time in whole seconds", ErrMalformed)
	}
	if c.IssuedAt, ok = m.seconds("iat"); !ok && m.has("iat") {
		return claims{}, fmt.Errorf("%w: claims: iat is not a time in whole seconds", ErrMalformed)
	}
	if c.notBefore, ok = m.seconds("nbf"); !ok && m.has("nbf") {
		return claims{}, fmt.Errorf("%w: claims: nbf is not a time in whole seconds", ErrMalformed)
	}
	scope, ok := m.text("scope")
	if !ok {
		return claims{}, fmt.Errorf("%w: claims: scope is not a text", ErrMalformed)
	}
	if c.Grant, err = ParseScope(scope); err != nil {
		return claims{}, err
	}
	return c, nil
}

// check judges claims whose signature is right: first what no time can mend.
func (c claims) check(now time.Time) error {
	if err := c.Grant.Validate(); err != nil {
		return err
	}
	if !c.IssuedAt.IsZero() {
		if seconds := c.ExpiresAt.Unix() - c.IssuedAt.Unix(); seconds <= 0 || seconds > int64(maxLifetime/time.Second) {
			return fmt.Errorf("%w: exp is %d seconds after iat, not 1 to %d",
				ErrLifetime, seconds, int64(maxLifetime/time.Second))
		}
	}
	if now.Before(c.notBefore) {
		return fmt.Errorf("%w: it begins later (nbf)", ErrLifetime)
	}
	if !now.Before(c.ExpiresAt) {
		return ErrExpired
	}
	return nil
}
