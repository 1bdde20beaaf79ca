package capability

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
)

// accessContent is the content type that tells an Access token from all others.
const accessContent = "twilio-fpa;v=1"

// accessHeader is an Access token's header in base64url. A region is letters and
// digits, so that JSON escapes nothing.
func accessHeader(region string) string {
	const start = `{"alg":"HS256","typ":"JWT","cty":"` + accessContent + `"`
	object := make([]byte, 0, len(start)+len(`,"twr":"us1"}`))
	object = append(object, start...)
	if region != "" {
		object = append(object, `,"twr":"`...)
		object = append(object, region...)
		object = append(object, '"')
	}
	return base64.RawURLEncoding.EncodeToString(append(object, '}'))
}

// appendAccessClaims writes the claims of an Access token as JSON by hand, for the
// reason that appendClaims has.
func appendAccessClaims(dst []byte, t Token, iat, exp int64) []byte {
	dst = append(dst, `{"jti":"`...)
	dst = append(dst, t.KeySID...)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, iat, 10)
	dst = append(dst, `","iss":"`...)
	dst = append(dst, t.KeySID...)
	dst = append(dst, `","sub":"`...)
	dst = append(dst, t.AccountSID...)
	dst = append(dst, `","iat":`...)
	dst = strconv.AppendInt(dst, iat, 10)
	dst = append(dst, `,"exp":`...)
	dst = strconv.AppendInt(dst, exp, 10)
	dst = append(dst, `,"grants":`...)
	dst = t.Grant.appendGrants(dst)
	return append(dst, '}')
}

// appendGrants writes g as the claim grants. SIDs are letters and digits; names and
// values that come from users are written by appendJSON.
func (g Grant) appendGrants(dst []byte) []byte {
	dst = append(dst, `{"identity":`...)
	dst = appendJSON(dst, g.ClientName)
	dst = append(dst, `,"voice":{`...)
	start := len(dst)
	if g.Incoming {
		dst = append(dst, `"incoming":{"allow":true}`...)
	}
	if g.Outgoing != nil {
		dst = appendComma(dst, start)
		dst = append(dst, `"outgoing":{"application_sid":"`...)
		dst = append(dst, g.Outgoing.ApplicationSID...)
		dst = append(dst, '"')
		if len(g.Outgoing.Params) > 0 {
			dst = append(dst, `,"params":`...)
			dst = appendObject(dst, g.Outgoing.Params)
		}
		dst = append(dst, '}')
	}
	if g.PushCredentialSID != "" {
		dst = appendComma(dst, start)
		dst = append(dst, `"push_credential_sid":"`...)
		dst = append(dst, g.PushCredentialSID...)
		dst = append(dst, '"')
	}
	return append(dst, "}}"...)
}

func appendComma(dst []byte, start int) []byte {
	if len(dst) == start {
		return dst
	}
	return append(dst, ',')
}

// appendObject writes params sorted by name, so that equal grants give equal text.
func appendObject(dst []byte, params map[string]string) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for _, name := range sortedNames(params) {
		dst = appendComma(dst, start)
		dst = appendJSON(dst, name)
		dst = append(dst, ':')
		dst = appendJSON(dst, params[name])
	}
	return append(dst, '}')
}

// sortedNames are the names of params in the order in which they are written.
func sortedNames(params map[string]string) []string {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// appendJSON writes s, which is UTF-8, as a JSON text. Most texts hold nothing to
// escape; the others are left to encoding/json, told not to escape <, > and & for
// HTML, as Twilio's libraries don't.
func appendJSON(dst []byte, s string) []byte {
	if isPlain(s) {
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic("capability: a text can't be written as JSON") // a string and a buffer have no errors
	}
	return append(dst, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}

// isPlain reports whether JSON writes s as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
