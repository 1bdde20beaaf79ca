package capability

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// members are the members of a JSON object by their exact names. Decoding into a
// struct would accept a name in any case, and of two members of one name the last:
// two readers could then see two different tokens in one text.
type members map[string]json.RawMessage

// readMembers reads a JSON object, alone and whole. Its errors don't quote it.
func readMembers(object []byte) (members, error) {
	// Asked first because a decoder that is read token by token lets some errors
	// of syntax pass.
	if !json.Valid(object) {
		return nil, errors.New("it is not JSON")
	}
	if !isText(object) {
		return nil, errors.New("it has text that is not Unicode")
	}
	return splitMembers(object)
}

// object is the JSON object that the member holds.
func (m members) object(name string) (members, error) { return splitMembers(m[name]) }

// splitMembers is readMembers for an object that is known to be JSON and Unicode.
func splitMembers(object []byte) (members, error) {
	reader := json.NewDecoder(bytes.NewReader(object))
	if start, err := reader.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	m := make(members, 5)
	for reader.More() {
		token, err := reader.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, errors.New("it is not a JSON object")
		}
		if m.has(name) {
			return nil, errors.New("a member occurs twice")
		}
		var value json.RawMessage
		if err := reader.Decode(&value); err != nil {
			return nil, errors.New("it is not JSON")
		}
		m[name] = value
	}
	return m, nil
}

// isText reports whether the texts in a JSON value are UTF-8 and their escapes are
// characters. A decoder would put one and the same character, U+FFFD, for all that
// are not, and two readers could then see two texts.
func isText(value []byte) bool {
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			continue
		}
		i++ // at the character that is escaped, which is there: value is JSON
		if value[i] != 'u' {
			continue
		}
		unit := codeUnit(value[i+1:])
		i += 4
		if !utf16.IsSurrogate(unit) {
			continue
		}
		if !bytes.HasPrefix(value[i+1:], []byte(`\u`)) ||
			utf16.DecodeRune(unit, codeUnit(value[i+3:])) == utf8.RuneError {
			return false
		}
		i += 6
	}
	return utf8.Valid(value)
}

// codeUnit is what the four hexadecimal digits of an escape stand for.
func codeUnit(digits []byte) rune {
	n, err := strconv.ParseUint(string(digits[:4]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

func (m members) has(name string) bool {
	_, ok := m[name]
	return ok
}

// only reports whether m has no member but those named.
func (m members) only(names ...string) bool {
	for name := range m {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

// text is the string that the member holds; not ok where it is missing or holds
// anything else.
func (m members) text(name string) (s string, ok bool) {
	value := m[name]
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	err := json.Unmarshal(value, &s)
	return s, err == nil
}

// seconds is the time that the member holds as seconds since 1970, in plain
// digits and before the year 10000; not ok where it is missing or holds anything
// else. A fraction or an exponent is refused: rounding would move the time.
func (m members) seconds(name string) (t time.Time, ok bool) {
	// Unsigned, since a signed one would take -0 for another spelling of 0.
	n, err := strconv.ParseUint(string(m[name]), 10, 64)
	if err != nil || n > maxUnix {
		return time.Time{}, false
	}
	return time.Unix(int64(n), 0).UTC(), true
}

// cutSeconds is seconds for the times that newer versions of twilio-python write
// with one to six decimal places. They are cut off, so that a token is never taken
// for longer than it says.
func (m members) cutSeconds(name string) (t time.Time, ok bool) {
	whole, fraction, found := strings.Cut(string(m[name]), ".")
	if found {
		if len(fraction) < 1 || len(fraction) > 6 {
			return time.Time{}, false
		}
		if _, err := strconv.ParseUint(fraction, 10, 32); err != nil {
			return time.Time{}, false
		}
	}
	return members{name: json.RawMessage(whole)}.seconds(name)
}
