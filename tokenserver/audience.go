package tokenserver

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// isForThisServerAlone reads for whom a token says that it is. It verifies nothing:
// the API server does, and says then that the token is for this server, but not for
// whom else. What is no JWT says nothing, so nobody could tell, and it is refused:
// none that the API server makes for an audience is of another kind.
func isForThisServerAlone(token string) bool {
	_, signed, _ := strings.Cut(token, ".")
	payload, _, found := strings.Cut(signed, ".")
	if !found {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return false
	}
	var claims struct {
		Audience audiences `json:"aud"`
	}
	if err := json.Unmarshal(raw, &claims); err != nil {
		return false
	}
	return slices.Equal(claims.Audience, audiences{Audience})
}

// audiences are one or several: a JWT may say either.
type audiences []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audiences) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}
