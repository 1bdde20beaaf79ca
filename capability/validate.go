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
//     values UTF-8 and at most 800 bytes in all, counted before they are encoded;
//   - a push credential SID, if there is one, of "CR" and 32 hexadecimal digits.
//
// What only one type of token can carry is for [Grant.ValidateFor] to say.
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
		if err := validateSID("application SID", "AP", g.Outgoing.ApplicationSID, ErrGrant); err != nil {
			return err
		}
		if err := validateParams("outgoing params", g.Outgoing.Params); err != nil {
			return err
		}
	}
	if g.EventStream != nil {
		if err := validateParams("event stream filters", g.EventStream.Filters); err != nil {
			return err
		}
	}
	if g.PushCredentialSID != "" {
		return ValidatePushCredentialSID(g.PushCredentialSID)
	}
	return nil
}

// ValidateFor checks g as [Grant.Validate] does, and that a token of type t can
// carry it:
//
//   - an Access token needs a client name, its identity, and has no event stream;
//   - a capability token has no push credential.
func (g Grant) ValidateFor(t Type) error {
	switch {
	case t == TypeAccess && g.EventStream != nil:
		return fmt.Errorf("%w: an Access token can't carry the event stream; use type Capability for it", ErrGrant)
	case t == TypeAccess && g.ClientName == "":
		return fmt.Errorf("%w: an Access token needs a client name, which is its identity; set one", ErrGrant)
	case t == TypeCapability && g.PushCredentialSID != "":
		return fmt.Errorf("%w: a Capability token can't carry a push credential; use type Access for it", ErrGrant)
	}
	return g.Validate()
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
