package capability_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/capability"
)

func params(n, size int) map[string]string {
	m := make(map[string]string, n)
	for i := range n {
		m[fmt.Sprintf("%02d", i)] = strings.Repeat("x", size-2)
	}
	return m
}

var grants = []struct {
	name  string
	grant capability.Grant
	says  string // part of the refusal; empty: valid
}{
	{"incoming for a client", incoming(), ""},
	{"outgoing without a client name", outgoing("", nil), ""},
	{"the event stream alone", events(nil), ""},
	{"everything", everything().Grant, ""},
	{"a client name of 256 characters", capability.Grant{Incoming: true, ClientName: strings.Repeat("ü", 256)}, ""},
	{"a client name with unusual punctuation",
		capability.Grant{Incoming: true, ClientName: "tommy@support.example:1/+!$&'()*,;=?~-_."}, ""},
	{"32 params", outgoing("", params(32, 25)), ""},
	{"800 bytes of params", outgoing("", params(1, 800)), ""},
	{"params with an empty value", outgoing("", map[string]string{"a": ""}), ""},
	{"800 bytes of filters", events(params(8, 100)), ""},

	{"nothing", capability.Grant{}, "none of incoming"},
	{"a client name only", capability.Grant{ClientName: "tommy"}, "none of incoming"},
	{"incoming without a client name", capability.Grant{Incoming: true}, "need a client name"},
	{"a client name for the event stream only", capability.Grant{ClientName: "tommy", EventStream: &capability.EventStream{}},
		"needs incoming or outgoing"},
	{"a client name of 257 characters", outgoing(strings.Repeat("a", 257), nil), "257 characters"},
	{"a client name that is not UTF-8", outgoing("tommy\xff", nil), "not UTF-8"},
	{"no application SID", capability.Grant{Outgoing: &capability.Outgoing{}}, "it has 0 characters"},
	{"33 params", outgoing("", params(33, 2)), "33 outgoing params"},
	{"801 bytes of params", outgoing("", params(1, 801)), "801 bytes"},
	{"801 bytes of params in UTF-8", outgoing("", map[string]string{"a": strings.Repeat("ü", 400)}), "801 bytes"},
	{"params without a name", outgoing("", map[string]string{"": "x"}), "no name"},
	{"a name of params that is not UTF-8", outgoing("", map[string]string{"\xff": "x"}), "not UTF-8"},
	{"a value of params that is not UTF-8", outgoing("", map[string]string{"x": "\xff"}), "not UTF-8"},
	{"33 filters", events(params(33, 2)), "33 event stream filters"},
	{"801 bytes of filters", events(params(1, 801)), "801 bytes"},
}

func TestGrantValidate(t *testing.T) {
	for _, tc := range grants {
		t.Run(tc.name, func(t *testing.T) { wantRefusal(t, tc.grant.Validate(), capability.ErrGrant, tc.says) })
	}
	for _, c := range "<>#%\"{}|\\^[]`" {
		t.Run(fmt.Sprintf("a client name with %q is refused", c), func(t *testing.T) {
			err := outgoing("tommy"+string(c), nil).Validate()
			wantRefusal(t, err, capability.ErrGrant, "one of the characters")
		})
	}
	for _, c := range " \t\n\r\v\f\x00\x1b\x7f\u0080\u0085\u00a0\u1680\u2003\u2028\u202f\u3000" {
		t.Run(fmt.Sprintf("a client name with %U is refused", c), func(t *testing.T) {
			err := capability.Grant{Incoming: true, ClientName: string(c) + "tommy"}.Validate()
			wantRefusal(t, err, capability.ErrGrant, "control character or a space")
		})
	}
}

const hex32 = "0123456789abcdefABCDEF0123456789"

var sids = []struct {
	name, rest string
	ok         bool
}{
	{"small and capital digits", hex32, true},
	{"31 digits", hex32[1:], false},
	{"33 digits", hex32 + "0", false},
	{"no digits", "", false},
	{"a letter beyond F", "G" + hex32[1:], false},
	{"a small letter beyond f", "g" + hex32[1:], false},
	{"a line break at the end", hex32 + "\n", false},
	{"a digit of another script", "٠" + hex32[2:], false},
}

func TestSIDs(t *testing.T) {
	for _, tc := range sids {
		says := ""
		if !tc.ok {
			says = fmt.Sprintf("%d characters", 2+len([]rune(tc.rest)))
		}
		t.Run("an account SID with "+tc.name, func(t *testing.T) {
			wantRefusal(t, capability.ValidateAccountSID("AC"+tc.rest), capability.ErrCredentials, says)
		})
		t.Run("an application SID with "+tc.name, func(t *testing.T) {
			g := capability.Grant{Outgoing: &capability.Outgoing{ApplicationSID: "AP" + tc.rest}}
			wantRefusal(t, g.Validate(), capability.ErrGrant, says)
		})
	}
	for _, prefix := range []string{"AP", "SK", "ac", "Ac", " AC", ""} {
		t.Run(fmt.Sprintf("an account SID that begins with %q is refused", prefix), func(t *testing.T) {
			wantRefusal(t, capability.ValidateAccountSID(prefix+hex32), capability.ErrCredentials, "AC and 32 hexadecimal")
		})
	}
}

func TestValidateAuthToken(t *testing.T) {
	for _, tc := range []struct{ name, value, says string }{
		{"32 hexadecimal digits", authToken, ""},
		{"letters of both cases", strings.Repeat("azAZ09", 6), ""},
		{"128 characters", strings.Repeat("a", 128), ""},
		{"nothing", "", "0 characters"},
		{"31 characters", authToken[1:], "31 characters"},
		{"129 characters", strings.Repeat("a", 129), "129 characters"},
		{"a line break at the end", authToken + "\n", "other than letters and digits"},
		{"a space before it", " " + authToken, "other than letters and digits"},
		{"a hyphen", authToken[1:] + "-", "other than letters and digits"},
		{"a letter beyond ASCII", authToken[1:] + "é", "other than letters and digits"},
		{"a zero byte", authToken + "\x00", "other than letters and digits"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantRefusal(t, capability.ValidateAuthToken(tc.value), capability.ErrCredentials, tc.says)
		})
	}
}

// wantRefusal checks that err is want and says what is expected, or is nil where
// says is empty.
func wantRefusal(t *testing.T, err, want error, says string) {
	t.Helper()
	if says == "" {
		wantError(t, err, nil)
		return
	}
	wantError(t, err, want)
	if err != nil && !strings.Contains(err.Error(), says) {
		t.Errorf("the error does not say %q: %v", says, err)
	}
}
