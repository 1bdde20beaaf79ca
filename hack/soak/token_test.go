package main

import (
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

const (
	aSID    = "AC0123456789abcdef0123456789abcdef"
	aKey    = "0123456789abcdef0123456789abcdef"
	another = "fedcba9876543210fedcba9876543210"
)

func minted(t *testing.T) string {
	t.Helper()
	issued := time.Unix(1_700_000_000, 0).UTC()
	raw, err := capability.Mint(capability.Token{
		AccountSID: aSID, Grant: capability.Grant{ClientName: "tommy", Incoming: true}, IssuedAt: issued, ExpiresAt: issued.Add(time.Minute),
	}, aKey)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestATokenIsReadAndItsSignatureVerified(t *testing.T) {
	read, err := readToken(minted(t))
	if err != nil {
		t.Fatal(err)
	}
	if read.issuer != aSID || read.lifetime() != time.Minute || !read.expires.Equal(time.Unix(1_700_000_060, 0)) {
		t.Errorf("read %s, %s, %s", read.issuer, read.lifetime(), read.expires)
	}
	if !read.verifiedBy(aKey) {
		t.Error("the key that signed it does not verify it")
	}
	if read.verifiedBy(another) {
		t.Error("another key verifies it")
	}
}

func TestWhatIsNoTokenIsRefusedWithoutQuotingIt(t *testing.T) {
	whole := minted(t)
	parts := strings.Split(whole, ".")
	for name, raw := range map[string]string{
		"nothing":                  "",
		"words":                    "edited by hand",
		"two parts":                parts[0] + "." + parts[1],
		"a header that is no JSON": "tommy." + parts[1] + "." + parts[2],
		"another algorithm":        "eyJhbGciOiJub25lIn0." + parts[1] + "." + parts[2],
		"claims without times":     parts[0] + ".e30." + parts[2],
		"a broken signature":       parts[0] + "." + parts[1] + ".!",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readToken(raw)
			if err == nil {
				t.Fatal("it is taken for a token")
			}
			for _, part := range append(parts, "tommy") {
				if strings.Contains(err.Error(), part) {
					t.Error("the error quotes it")
				}
			}
		})
	}
}

func TestATokenThatWasTamperedWithDoesNotVerify(t *testing.T) {
	parts := strings.Split(minted(t), ".")
	other := strings.Split(minted(t), ".")
	other[1] = parts[1][:len(parts[1])-2] + "Q0"
	read, err := readToken(strings.Join(other, "."))
	if err == nil && read.verifiedBy(aKey) {
		t.Error("it verifies")
	}
}
