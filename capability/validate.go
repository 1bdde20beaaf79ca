package capability

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Twilio's limits on what a token grants.
const (
	maxClientName = 256 // characters (error 31105)
	maxParams     = 32  // ours, so that the limit in bytes is met by sensible names
	maxParamBytes = 800 // names and values together (error 31103)
)

// unwise are the visible characters that Twilio refuses in a client name, as RFC
// 2396 lists them under "delims" and "unwise" (error 31105).
const unwise = "<>#%\"{}|\\^[]`"

// Validate checks g by the rules that Twilio has for each part, and fails with
// [ErrGrant]:
//
//   - at least one of Incoming, Outgoing and EventStream;
//   - a client name where Incoming is set, and none where only EventStream is,
//     whose scope has no place for it;
//   - a client name of 1 to 256 characters of UTF-8, none of them a control
//     character, white space of any script, or one of < > # % " { } | \ ^ [ ] `;
//   - an application SID of "AP" and 32 hexadecimal digits;
//   - at most 32 params (and filters likewise), their names not empty, names and
//     values UTF-8 and at most 800 bytes in all, counted before they are encoded.
func (g Grant) Validate() error {
	if !g.Incoming && g.Outgoing == nil && g.EventStream == nil {
		return fmt.Errorf("%w: it has none of incoming, outgoing and event stream", ErrGrant)
	}
	if g.Incoming && g.ClientName == "" {
		return fmt.Errorf("%w: incoming calls need a client name", ErrGrant)
	}
	if g.ClientName != "" {
		if !g.Incoming && g.Outgoing == nil {
			return fmt.Errorf("%w: a client name needs incoming or outgoing calls", ErrGrant)
		}
		if err := validateClientName(g.ClientName); err != nil {
			return err
		}
	}
	if g.Outgoing != nil {
		if !isSID(g.Outgoing.ApplicationSID, "AP") {
			return fmt.Errorf("%w: the application SID is not AP and 32 hexadecimal digits (it has %d characters)",
				ErrGrant, utf8.RuneCountInString(g.Outgoing.ApplicationSID))
		}
		if err := validateParams("outgoing params", g.Outgoing.Params); err != nil {
			return err
		}
	}
	if g.EventStream != nil {
		return validateParams("event stream filters", g.EventStream.Filters)
	}
	return nil
}

func validateClientName(name string) error {
	if n := utf8.RuneCountInString(name); n > maxClientName {
		return fmt.Errorf("%w: the client name has %d characters, more than %d", ErrGrant, n, maxClientName)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("%w: the client name is not UTF-8", ErrGrant)
	}
	for _, r := range name {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return fmt.Errorf("%w: the client name has a control character or a space", ErrGrant)
		}
		if strings.ContainsRune(unwise, r) {
			return fmt.Errorf("%w: the client name has one of the characters %s", ErrGrant, unwise)
		}
	}
	return nil
}

func validateParams(what string, params map[string]string) error {
	if len(params) > maxParams {
		return fmt.Errorf("%w: there are %d %s, more than %d", ErrGrant, len(params), what, maxParams)
	}
	size := 0
	for name, value := range params {
		if name == "" {
			return fmt.Errorf("%w: one of the %s has no name", ErrGrant, what)
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return fmt.Errorf("%w: one of the %s is not UTF-8", ErrGrant, what)
		}
		size += len(name) + len(value)
	}
	if size > maxParamBytes {
		return fmt.Errorf("%w: the %s have %d bytes, more than %d", ErrGrant, what, size, maxParamBytes)
	}
	return nil
}

// ValidateAccountSID checks the form of an account SID, "AC" and 32 hexadecimal
// digits, and fails with [ErrCredentials].
func ValidateAccountSID(s string) error {
	if !isSID(s, "AC") {
		return fmt.Errorf("%w: the account SID is not AC and 32 hexadecimal digits (it has %d characters)",
			ErrCredentials, utf8.RuneCountInString(s))
	}
	return nil
}

// ValidateAuthToken checks the form of an AuthToken, 32 to 128 letters and digits,
// and fails with [ErrCredentials]. Those seen have 32 hexadecimal digits, but
// Twilio documents no form, so this is wider. The message never has the value.
func ValidateAuthToken(s string) error {
	if n := utf8.RuneCountInString(s); n < 32 || n > 128 {
		return fmt.Errorf("%w: the AuthToken has %d characters, not 32 to 128", ErrCredentials, n)
	}
	for i := range len(s) {
		if !isAlphanumeric(s[i]) {
			return fmt.Errorf("%w: the AuthToken has a character other than letters and digits", ErrCredentials)
		}
	}
	return nil
}

// isSID reports whether s is Twilio's identifier of a resource of the kind that
// prefix stands for.
func isSID(s, prefix string) bool {
	digits, ok := strings.CutPrefix(s, prefix)
	if !ok || len(digits) != 32 {
		return false
	}
	for i := range len(digits) {
		if c := digits[i]; !isDigit(c) && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
