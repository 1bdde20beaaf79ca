package capability_test

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/capability-operator/capability-operator/capability"
)

// bareClaims is the cheapest way to hand golang-jwt the claims that Mint signs.
type bareClaims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

// BenchmarkMint compares Mint, which checks and encodes a declaration, with
// golang-jwt signing the same claims when they are already encoded.
func BenchmarkMint(b *testing.B) {
	t := everything()
	claims := bareClaims{Scope: t.Grant.Scope(), RegisteredClaims: jwt.RegisteredClaims{
		Issuer:    t.AccountSID,
		IssuedAt:  jwt.NewNumericDate(t.IssuedAt),
		ExpiresAt: jwt.NewNumericDate(t.IssuedAt.Add(capability.DefaultTTL)),
	}}
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(authToken)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("mint", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := capability.Mint(t, authToken); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	raw := mint(b, everything())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := capability.Verify(raw, authToken, issued); err != nil {
			b.Fatal(err)
		}
	}
}
