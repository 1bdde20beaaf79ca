package capability_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/capability"
)

// tokens are one of each type.
var tokens = []capability.Token{everything(), access()}

// TestTampering changes a token in every place and checks that nothing is ever
// accepted.
func TestTampering(t *testing.T) {
	for _, token := range tokens {
		t.Run(token.Type.String(), func(t *testing.T) { tamper(t, mint(t, token), keyOf(token.Type)) })
	}
}

func tamper(t *testing.T, raw, key string) {
	t.Helper()
	t.Run("no byte can be changed to any other", func(t *testing.T) {
		changed := []byte(raw)
		for i := range changed {
			for value := range 256 {
				if changed[i] = byte(value); string(changed) != raw {
					refuse(t, key, string(changed))
				}
			}
			changed[i] = raw[i]
		}
	})
	t.Run("no byte can be removed", func(t *testing.T) {
		for i := range raw {
			refuse(t, key, raw[:i]+raw[i+1:])
		}
	})
	t.Run("no byte can be added", func(t *testing.T) {
		for i := range len(raw) + 1 {
			for _, c := range "A_.=\n\r \x00" {
				refuse(t, key, raw[:i]+string(c)+raw[i:])
			}
		}
	})
	t.Run("nothing can be cut off", func(t *testing.T) {
		for i := range raw {
			refuse(t, key, raw[:i])
			refuse(t, key, raw[i+1:])
		}
	})
	t.Run("no two bytes can change places", func(t *testing.T) {
		changed := []byte(raw)
		for i := 1; i < len(raw); i++ {
			changed[i-1], changed[i] = changed[i], changed[i-1]
			if string(changed) != raw {
				refuse(t, key, string(changed))
			}
			changed[i-1], changed[i] = changed[i], changed[i-1]
		}
	})
}

// TestTamperingIsAWrongSignature: what still has a token's form can be told from
// an authentic one by its signature alone.
func TestTamperingIsAWrongSignature(t *testing.T) {
	for _, token := range tokens {
		t.Run(token.Type.String(), func(t *testing.T) { tamperUnseen(t, token) })
	}
}

func tamperUnseen(t *testing.T, token capability.Token) {
	t.Helper()
	raw, key := mint(t, token), keyOf(token.Type)
	signature := strings.LastIndexByte(raw, '.') + 1
	claims := strings.IndexByte(raw, '.') + 1

	t.Run("a changed claims byte is a wrong signature", func(t *testing.T) {
		// Not the last one, whose left-over bits may make it malformed.
		for i := claims; i < signature-2; i++ {
			_, err := capability.Verify(raw[:i]+string(other(raw[i]))+raw[i+1:], key, issued)
			wantError(t, err, capability.ErrSignature)
		}
	})
	t.Run("a changed signature byte is a wrong signature", func(t *testing.T) {
		for i := signature; i < len(raw)-1; i++ {
			_, err := capability.Verify(raw[:i]+string(other(raw[i]))+raw[i+1:], key, issued)
			wantError(t, err, capability.ErrSignature)
		}
	})
	t.Run("another token's signature is a wrong signature", func(t *testing.T) {
		longer := token
		longer.ExpiresAt = issued.Add(capability.MaxTTL)
		donor := mint(t, longer)
		_, err := capability.Verify(raw[:signature]+donor[strings.LastIndexByte(donor, '.')+1:], key, issued)
		wantError(t, err, capability.ErrSignature)
	})
}

// other is a base64url digit that is not c.
func other(c byte) byte {
	if c == 'A' {
		return 'B'
	}
	return 'A'
}

func refuse(t *testing.T, key, raw string) {
	t.Helper()
	_, err := capability.Verify(raw, key, issued)
	if !errors.Is(err, capability.ErrMalformed) && !errors.Is(err, capability.ErrAlgorithm) &&
		!errors.Is(err, capability.ErrSignature) {
		t.Fatalf("%q: got error %v", raw, err)
	}
}
