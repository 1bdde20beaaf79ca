package capability

import "errors"

// The reasons for which a token is not minted, not read or not accepted. They are
// wrapped with more detail: test for them with [errors.Is].
//
// The numbers are those of the errors with which Twilio reports the same fault, from
// its error dictionary and the pages of its Voice SDKs: 312xx and 311xx by the Voice
// SDKs, 201xx for Access tokens. Twilio is not consistent between the two, and says
// 20151 (authentication failed) for several of them.
var (
	// ErrMalformed says that the text is not a token of either type: its three
	// segments, its JSON, its header or one of its claims is damaged, missing or
	// unknown. Twilio: 31204, and for an Access token 20101 or 20160. It gives 31204
	// and 20160 also where a Restricted API key signed, which can't be seen here.
	ErrMalformed = errors.New("capability: not a token for Twilio Voice")

	// ErrAlgorithm says that the header names another algorithm than HS256;
	// "none" is one of these. Twilio: 20160.
	ErrAlgorithm = errors.New("capability: token is not signed with HS256")

	// ErrSignature says that the signature is not the one that this key gives to
	// this text. Either the key is another account's or an older one, or the text
	// was changed after signing: an HMAC can't tell these apart. Twilio: 31202, and
	// for an Access token 20107; 20103 where it does not know the API key or the
	// account that the token names.
	ErrSignature = errors.New("capability: signature does not match")

	// ErrExpired says that the token is authentic and its time is over.
	// Twilio: 31205, and for an Access token 20104.
	ErrExpired = errors.New("capability: token has expired")

	// ErrScope says that the scope of a capability token or the grants of an Access
	// token can't be read, or that a [Grant] could not give them back: there is an
	// unknown one, one twice, or two client names.
	ErrScope = errors.New("capability: scope is not valid")

	// ErrGrant says that what is granted breaks a rule of [Grant.Validate] or of
	// [Grant.ValidateFor]. Twilio: 31105 for a client name, 51003 for one that is
	// longer than its client takes, 31103 for parameters that are too long, 31204 for
	// an Access token without an identity.
	ErrGrant = errors.New("capability: grant is not valid")

	// ErrCredentials says that a SID, a region, an AuthToken or an API key's secret
	// is not of the form that Twilio gives out, or not for this type of token. A
	// well-formed one can still be wrong: Twilio says 20103 or 31202 then.
	ErrCredentials = errors.New("capability: credentials are not well-formed")

	// ErrLifetime says that the times of a token are not possible: no time of
	// issue where one is needed, expiry not after it, a day or more between the two
	// (Twilio: 31207, and for an Access token 20157 or 20104), or a begin (claim nbf)
	// that is still to come (Twilio: 20105).
	ErrLifetime = errors.New("capability: lifetime is not valid")
)
