package capability_test

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/capability-operator/capability-operator/capability"
)

// bareClaims is the cheapest way to hand golang-jwt the claims that Mint signs.
type bareClaims struct {
	Scope  string      `json:"scope,omitempty"`
	Grants *bareGrants `json:"grants,omitempty"`
	jwt.RegisteredClaims
}

type bareGrants struct {
	Identity string    `json:"identity"`
	Voice    bareVoice `json:"voice"`
}

type bareVoice struct {
	Incoming struct {
		Allow bool `json:"allow"`
	} `json:"incoming"`
	Outgoing struct {
		ApplicationSID string            `json:"application_sid"`
		Params         map[string]string `json:"params"`
	} `json:"outgoing"`
	PushCredentialSID string `json:"push_credential_sid"`
}

// bare is t as golang-jwt is handed it.
func bare(t capability.Token) *jwt.Token {
	claims := bareClaims{RegisteredClaims: jwt.RegisteredClaims{
		Issuer:    t.AccountSID,
		IssuedAt:  jwt.NewNumericDate(t.IssuedAt),
		ExpiresAt: jwt.NewNumericDate(t.IssuedAt.Add(capability.DefaultTTL)),
	}}
	if t.Type == capability.TypeCapability {
		claims.Scope = t.Grant.Scope()
		return jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	}
	claims.Issuer, claims.Subject, claims.ID = t.KeySID, t.AccountSID, t.KeySID+"-1773480413"
	claims.Grants = &bareGrants{Identity: t.Grant.ClientName}
	voice := &claims.Grants.Voice
	voice.Incoming.Allow = t.Grant.Incoming
	voice.Outgoing.ApplicationSID, voice.Outgoing.Params = t.Grant.Outgoing.ApplicationSID, t.Grant.Outgoing.Params
	voice.PushCredentialSID = t.Grant.PushCredentialSID
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["cty"], token.Header["twr"] = "twilio-fpa;v=1", t.Region
	return token
}

// BenchmarkMint compares Mint, which checks and encodes a declaration, with
// golang-jwt signing the same claims when they are already gathered. The figure
// "of-bare" is the ratio of the two, in one run.
func BenchmarkMint(b *testing.B) {
	for _, t := range tokens {
		key := keyOf(t.Type)
		b.Run(t.Type.String(), func(b *testing.B) {
			var perBare float64
			b.Run("bare", func(b *testing.B) {
				token := bare(t)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := token.SignedString([]byte(key)); err != nil {
						b.Fatal(err)
					}
				}
				perBare = perOperation(b)
			})
			b.Run("mint", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := capability.Mint(t, key); err != nil {
						b.Fatal(err)
					}
				}
				if perBare > 0 {
					b.ReportMetric(perOperation(b)/perBare, "of-bare")
				}
			})
		})
	}
}

func perOperation(b *testing.B) float64 { return float64(b.Elapsed()) / float64(b.N) }

func BenchmarkVerify(b *testing.B) {
	for _, t := range tokens {
		raw, key := mint(b, t), keyOf(t.Type)
		b.Run(t.Type.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := capability.Verify(raw, key, issued); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
