package capability

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// ValidateAccountSID checks the form of an account SID, "AC" and 32 hexadecimal
// digits, and fails with [ErrCredentials].
func ValidateAccountSID(s string) error {
	return validateSID("account SID", "AC", s, ErrCredentials)
}

// ValidateAPIKeySID checks the form of an API key's SID, "SK" and 32 hexadecimal
// digits, and fails with [ErrCredentials].
func ValidateAPIKeySID(s string) error {
	return validateSID("API key's SID", "SK", s, ErrCredentials)
}

// ValidatePushCredentialSID checks the form of a push credential's SID, "CR" and 32
// hexadecimal digits, and fails with [ErrGrant].
func ValidatePushCredentialSID(s string) error {
	return validateSID("push credential SID", "CR", s, ErrGrant)
}

// ValidateAuthToken checks the form of an AuthToken, 32 to 128 letters and digits,
// and fails with [ErrCredentials]. Those seen have 32 hexadecimal digits, but
// Twilio documents no form, so this is wider. The message never has the value.
func ValidateAuthToken(s string) error { return validateKey("AuthToken", s) }

// ValidateAPISecret checks the form of an API key's secret, 32 to 128 letters and
// digits, and fails with [ErrCredentials]. The message never has the value.
func ValidateAPISecret(s string) error { return validateKey("API key's secret", s) }

// ValidateRegion checks the form of a region, two small letters and a number such as
// in "us1", "ie1" and "au1", and fails with [ErrCredentials]. Which regions there
// are is for Twilio to say.
func ValidateRegion(s string) error {
	if !isRegion(s) {
		return fmt.Errorf("%w: the region is not two small letters and a number, such as us1, ie1 or au1 "+
			"(it has %d characters)", ErrCredentials, utf8.RuneCountInString(s))
	}
	return nil
}

func validateSID(what, prefix, s string, sentinel error) error {
	if !isSID(s, prefix) {
		return fmt.Errorf("%w: the %s is not %s and 32 hexadecimal digits (it has %d characters)",
			sentinel, what, prefix, utf8.RuneCountInString(s))
	}
	return nil
}

func validateKey(what, s string) error {
	if n := utf8.RuneCountInString(s); n < 32 || n > 128 {
		return fmt.Errorf("%w: the %s has %d characters, not 32 to 128", ErrCredentials, what, n)
	}
	for i := range len(s) {
		if !isAlphanumeric(s[i]) {
			return fmt.Errorf("%w: the %s has a character other than letters and digits", ErrCredentials, what)
		}
	}
	return nil
}

// isRegion reports whether s is two small letters and one or two digits.
func isRegion(s string) bool {
	if len(s) < 3 || len(s) > 4 || !isSmall(s[0]) || !isSmall(s[1]) || s[2] == '0' {
		return false
	}
	for i := 2; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
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

func isSmall(c byte) bool { return 'a' <= c && c <= 'z' }
