package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// token is what a JWT says, as far as it is judged here. It is read without the operator's own library, so that a mistake
// in that can't hide itself.
type token struct {
	issuer, subject string
	issued, expires time.Time

	signed    string // what the signature is over
	signature []byte
}

// readToken reads a JWT and looks at its form alone: verifiedBy says whose it is.
func readToken(raw string) (token, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return token{}, errors.New("it is not made of three parts")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	if err := decodePart(parts[0], &header); err != nil {
		return token{}, fmt.Errorf("its header: %w", err)
	}
	if header.Algorithm != "HS256" {
		return token{}, errors.New("it is not signed by HS256")
	}
	var claims struct {
		Issuer  string `json:"iss"`
		Subject string `json:"sub"`
		Issued  int64  `json:"iat"`
		Expires int64  `json:"exp"`
	}
	if err := decodePart(parts[1], &claims); err != nil {
		return token{}, fmt.Errorf("its claims: %w", err)
	}
	if claims.Issued <= 0 || claims.Expires <= claims.Issued {
		return token{}, errors.New("its times are no lifetime")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return token{}, errors.New("its signature is no base64url")
	}
	return token{
		issuer: claims.Issuer, subject: claims.Subject,
		issued: time.Unix(claims.Issued, 0), expires: time.Unix(claims.Expires, 0),
		signed: parts[0] + "." + parts[1], signature: signature,
	}, nil
}

// decodePart quotes nothing of what it can't read: that could be a token.
func decodePart(part string, into any) error {
	decoded, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return errors.New("no base64url")
	}
	if json.Unmarshal(decoded, into) != nil {
		return errors.New("no JSON of the right form")
	}
	return nil
}

// verifiedBy reports whether the key signed the token.
func (t token) verifiedBy(key string) bool {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(t.signed)) // a hash never fails
	return hmac.Equal(mac.Sum(nil), t.signature)
}

func (t token) lifetime() time.Duration { return t.expires.Sub(t.issued) }
