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

// readClaims checks the form of each claim of a token with the header h. It refuses
// claims that are not known: a Token could not tell its reader about them.
func readClaims(object []byte, h head) (claims, error) {
	m, err := readMembers(object)
	if err != nil {
		return claims{}, fmt.Errorf("%w: claims: %w", ErrMalformed, err)
	}
	c := claims{Token: Token{Type: h.kind, Region: h.region}}
	readParties, readGrant := c.readIssuer, c.readScope
	if h.kind == TypeAccess {
		readParties, readGrant = c.readKey, c.readGrants
	}
	for _, read := range []func(members) error{readParties, c.readTimes, readGrant} {
		if err := read(m); err != nil {
			return claims{}, err
		}
	}
	return c, nil
}

// readIssuer reads who issued a capability token.
func (c *claims) readIssuer(m members) error {
	if !m.only("iss", "scope", "iat", "exp", "nbf") {
		return fmt.Errorf("%w: claims: there are others than iss, scope, iat, exp and nbf", ErrMalformed)
	}
	var ok bool
	if c.AccountSID, ok = m.text("iss"); !ok || !isSID(c.AccountSID, "AC") {
		return fmt.Errorf("%w: claims: iss is not an account SID", ErrMalformed)
	}
	return nil
}

// readKey reads who issued an Access token, and for which account.
func (c *claims) readKey(m members) error {
	if !m.only("jti", "iss", "sub", "iat", "exp", "nbf", "grants") {
		return fmt.Errorf("%w: claims: there are others than jti, iss, sub, iat, exp, nbf and grants", ErrMalformed)
	}
	var ok bool
	if c.KeySID, ok = m.text("iss"); !ok || !isSID(c.KeySID, "SK") {
		return fmt.Errorf("%w: claims: iss is not an API key's SID", ErrMalformed)
	}
	if c.AccountSID, ok = m.text("sub"); !ok || !isSID(c.AccountSID, "AC") {
		return fmt.Errorf("%w: claims: sub is not an account SID", ErrMalformed)
	}
	if jti, ok := m.text("jti"); !ok || !isJTI(jti, c.KeySID) {
		return fmt.Errorf("%w: claims: jti is not the API key's SID and a time in seconds", ErrMalformed)
	}
	return nil
}

func (c *claims) readTimes(m members) error {
	var ok bool
	if c.ExpiresAt, ok = m.cutSeconds("exp"); !ok {
		return fmt.Errorf("%w: claims: exp is not a time in seconds", ErrMalformed)
	}
	if c.IssuedAt, ok = m.seconds("iat"); !ok && m.has("iat") {
		return fmt.Errorf("%w: claims: iat is not a time in whole seconds", ErrMalformed)
	}
	if c.notBefore, ok = m.cutSeconds("nbf"); !ok && m.has("nbf") {
		return fmt.Errorf("%w: claims: nbf is not a time in seconds", ErrMalformed)
	}
	return nil
}

func (c *claims) readScope(m members) error {
	scope, ok := m.text("scope")
	if !ok {
		return fmt.Errorf("%w: claims: scope is not a text", ErrMalformed)
	}
	var err error
	c.Grant, err = ParseScope(scope)
	return err
}

// check judges claims whose signature is right: first what no time can mend.
func (c claims) check(now time.Time) error {
	if err := c.Grant.ValidateFor(c.Type); err != nil {
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
