package capability

import (
	"fmt"
	"time"
)

const (
	// DefaultTTL is how long a token lives when [Token.ExpiresAt] is zero.
	DefaultTTL = time.Hour

	// MaxTTL is the longest lifetime that may be asked for. It is minted as
	// 86,399 seconds; see [Lifetime].
	MaxTTL = 24 * time.Hour

	// maxLifetime is one second short of MaxTTL because Twilio refuses a token
	// whose exp − iat reaches 86,400 seconds (error 31207).
	maxLifetime = MaxTTL - time.Second

	// maxUnix is the last second of the year 9999, beyond which RFC 3339 can't
	// write a time. No honest token comes near it.
	maxUnix = 253402300799
)

// Token is what a token of either [Type] says.
type Token struct {
	// Type is the kind of token. The zero value is [TypeCapability].
	Type Type

	// AccountSID is the Twilio account that the token belongs to: "AC" and 32
	// hexadecimal digits (claim iss; in an Access token claim sub).
	AccountSID string

	// KeySID is the API key that an Access token is signed with: "SK" and 32
	// hexadecimal digits (claim iss). A capability token has none.
	KeySID string

	// Region is where that key was made, such as "us1", "ie1" or "au1" (header
	// member twr): API keys belong to one region. Empty leaves it out, which
	// Twilio reads as us1. A capability token has none.
	Region string

	// Grant is what the holder may do (claim scope; in an Access token claim
	// grants).
	Grant Grant

	// IssuedAt is when the token was issued (claim iat). Fractions of a second
	// are cut off in minting. [Mint] needs it. It is zero in a parsed token that
	// does not say, as those of Twilio's Python library do not.
	IssuedAt time.Time

	// ExpiresAt is the first moment at which the token is not valid any more
	// (claim exp). Fractions of a second are cut off in minting. Zero asks [Mint]
	// for IssuedAt + [DefaultTTL]; it is never zero in a parsed token.
	ExpiresAt time.Time
}

// Lifetime is the time between issue and expiry that a token asked for with ttl is
// minted with: whole seconds, and at most 86,399 of them. [Mint] refuses a ttl
// over [MaxTTL] and one whose Lifetime is not positive.
func Lifetime(ttl time.Duration) time.Duration {
	return min(ttl.Truncate(time.Second), maxLifetime)
}

// times gives the claims iat and exp that t is minted with.
func (t Token) times() (iat, exp int64, err error) {
	if t.IssuedAt.IsZero() {
		return 0, 0, fmt.Errorf("%w: the time of issue is not set", ErrLifetime)
	}
	iat, exp = t.IssuedAt.Unix(), t.ExpiresAt.Unix()
	if t.ExpiresAt.IsZero() {
		exp = iat + int64(DefaultTTL/time.Second)
	}
	// Bounded before they are subtracted: the difference of any two times does not
	// fit into a Duration.
	if iat < 0 || iat > maxUnix || exp > maxUnix {
		return 0, 0, fmt.Errorf("%w: the times are not between the years 1970 and 9999", ErrLifetime)
	}
	seconds := exp - iat
	if seconds <= 0 {
		return 0, 0, fmt.Errorf("%w: expiry is %d whole seconds after issue, not at least 1", ErrLifetime, seconds)
	}
	if seconds > int64(MaxTTL/time.Second) {
		return 0, 0, fmt.Errorf("%w: expiry is %d seconds after issue, more than 24 hours", ErrLifetime, seconds)
	}
	return iat, iat + int64(Lifetime(time.Duration(seconds)*time.Second)/time.Second), nil
}
