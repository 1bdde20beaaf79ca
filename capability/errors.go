package capability

import "errors"

// The reasons for which a token is not minted, not read or not accepted. They are
// wrapped with more detail: test for them with [errors.Is]. The numbers are those
// of the errors that Twilio's Voice SDKs report to a client for the same fault.
var (
	// ErrMalformed says that the text is not a capability token: its three
	// segments, its JSON, its header or one of its claims is damaged, missing or
	// unknown. Twilio: 31204.
	ErrMalformed = errors.New("capability: not a capability token")

	// ErrAlgorithm says that the header names another algorithm than HS256;
	// "none" is one of these.
	ErrAlgorithm = errors.New("capability: token is not signed with HS256")

	// ErrSignature says that the signature is not the one that this key gives to
	// this text. Either the key is another account's or an older one, or the text
	// was changed after signing: an HMAC can't tell these apart. Twilio: 31202.
	ErrSignature = errors.New("capability: signature does not match")

	// ErrExpired says that the token is authentic and its time is over.
	// Twilio: 31205.
	ErrExpired = errors.New("capability: token has expired")

	// ErrScope says that the scope can't be read, or that a [Grant] could not
	// give it back: it has an unknown capability, one twice, or two client names.
	ErrScope = errors.New("capability: scope is not valid")

	// ErrGrant says that what is granted breaks a rule of [Grant.Validate].
	// Twilio: 31105 for a client name, 31103 for parameters that are too long.
	ErrGrant = errors.New("capability: grant is not valid")

	// ErrCredentials says that an account SID or an AuthToken is not of the form
	// that Twilio gives out. A well-formed one can still be wrong.
	ErrCredentials = errors.New("capability: credentials are not well-formed")

	// ErrLifetime says that the times of a token are not possible: no time of
	// issue where one is needed, expiry not after it, more than a day between the
	// two (Twilio: 31207), or a begin (claim nbf) that is still to come.
	ErrLifetime = errors.New("capability: lifetime is not valid")
)
