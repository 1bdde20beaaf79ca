package capability

import (
	"encoding/base64"
	"strconv"

	"github.com/golang-jwt/jwt/v5"
)

// header is {"alg":"HS256","typ":"JWT"} in base64url: the same in every capability
// token, so it is not encoded anew for each.
const header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

// signatureBytes is the length of an HMAC-SHA-256.
const signatureBytes = 32

// Mint signs t with key and returns the token. The key of a capability token is the
// account's AuthToken, that of an Access token the secret of the API key t.KeySID.
// The same arguments always give the same token.
//
// It fails with [ErrCredentials], [ErrGrant] or [ErrLifetime] before anything is
// signed, where t's SIDs, its region or key is not well-formed or not of t.Type,
// where t.Grant is not valid for t.Type ([Grant.ValidateFor]), or where t's times
// are not: cut to whole seconds, the time between issue and expiry must be positive
// and at most [MaxTTL]. Exactly MaxTTL is minted as 86,399 seconds.
func Mint(t Token, key string) (string, error) {
	if err := t.validate(key); err != nil {
		return "", err
	}
	iat, exp, err := t.times()
	if err != nil {
		return "", err
	}
	const enough = 512 // bytes, for all but long params: one allocation
	claims := make([]byte, 0, enough)
	if t.Type == TypeAccess {
		return sign(accessHeader(t.Region), appendAccessClaims(claims, t, iat, exp), key)
	}
	return sign(header, appendClaims(claims, t, iat, exp), key)
}

// appendClaims writes the claims as JSON by hand: what is quoted holds nothing
// that JSON would escape, since an account SID is letters and digits and a scope
// is percent-encoded, and reflection costs as much as the signature.
func appendClaims(dst []byte, t Token, iat, exp int64) []byte {
	dst = append(dst, `{"iss":"`...)
	dst = append(dst, t.AccountSID...)
	dst = append(dst, `","scope":"`...)
	dst = t.Grant.appendScope(dst)
	dst = append(dst, `","iat":`...)
	dst = strconv.AppendInt(dst, iat, 10)
	dst = append(dst, `,"exp":`...)
	dst = strconv.AppendInt(dst, exp, 10)
	return append(dst, '}')
}

func sign(head string, claims []byte, key string) (string, error) {
	encoding := base64.RawURLEncoding
	size := len(head) + 1 + encoding.EncodedLen(len(claims)) + 1 + encoding.EncodedLen(signatureBytes)
	token := make([]byte, 0, size)
	token = append(token, head...)
	token = append(token, '.')
	token = encoding.AppendEncode(token, claims)
	signature, err := jwt.SigningMethodHS256.Sign(string(token), []byte(key))
	if err != nil {
		return "", err
	}
	token = append(token, '.')
	token = encoding.AppendEncode(token, signature)
	return string(token), nil
}
