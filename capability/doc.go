// Package capability mints, reads and verifies the tokens of Twilio Voice: the
// short-lived signed statements that a Voice client (a browser, a phone) presents to
// Twilio in place of the account's credentials.
//
// A token says which account it belongs to, what its holder may do, and until when.
// An Access token, the type for anything new:
//
//	token, err := capability.Mint(capability.Token{
//		Type:       capability.TypeAccess,
//		AccountSID: "AC0123456789abcdef0123456789abcdef",
//		KeySID:     "SK0123456789abcdef0123456789abcdef",
//		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
//		IssuedAt:   now,
//	}, apiSecret)
//
// and a capability token, the older type and the zero value of [Type]:
//
//	token, err := capability.Mint(capability.Token{
//		AccountSID: "AC0123456789abcdef0123456789abcdef",
//		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
//		IssuedAt:   now,
//	}, authToken)
//
// # The two types
//
//	                        Access                     Capability
//	signed with             an API key's secret        the account's AuthToken
//	works in                all regions of Twilio      us1 only
//	client name             always, as the identity    for incoming calls
//	event stream            no                         yes
//	push credential         yes                        no
//	Twilio calls it         recommended                deprecated
//
// What a type can't carry, [Grant.ValidateFor] refuses. The API key is a Standard
// one: a Main key works too, and can do more than is needed; a token that a
// Restricted key signed is refused by Twilio (errors 20160 and 31204).
//
// # What a capability token is
//
// A JSON Web Token with the header {"alg":"HS256","typ":"JWT"}, signed with the
// account's AuthToken, and four claims:
//
//	iss    the account SID
//	scope  what the holder may do
//	iat    when it was issued, in whole seconds since 1970 UTC
//	exp    when it expires, likewise
//
// [Grant.Scope] shows what a scope looks like.
//
// # What an Access token is
//
// A JSON Web Token signed with the secret of an API key. Its header is
//
//	{"alg":"HS256","typ":"JWT","cty":"twilio-fpa;v=1","twr":"ie1"}
//
// where twr is the region that the key belongs to, and is left out where
// [Token.Region] is empty. Its claims:
//
//	jti     the API key's SID, a hyphen and iat
//	iss     the API key's SID
//	sub     the account SID
//	iat     when it was issued, in whole seconds since 1970 UTC
//	exp     when it expires, likewise
//	grants  what the holder may do
//
// The grants are JSON, with the parts that are not granted left out:
//
//	{"identity": "tommy",
//	 "voice": {
//	   "incoming": {"allow": true},
//	   "outgoing": {"application_sid": "AP…", "params": {"team": "support"}},
//	   "push_credential_sid": "CR…"}}
//
// # Lifetimes
//
// A token lives for [DefaultTTL] unless it says otherwise, and for at most
// [MaxTTL]. Twilio's Voice SDKs refuse a token of either type whose exp is 86,400
// seconds or more after its iat (error 31207), so one asked for with exactly 24
// hours is minted with 86,399 seconds; [Lifetime] gives the figure beforehand.
//
// There is no nbf claim: a verifier whose clock is a little behind would refuse a
// fresh token (error 20105).
//
// # Minting
//
// [Mint] checks everything before it signs anything: the form of the SIDs and of
// the key, the grant by Twilio's own limits, and the lifetime. What it returns,
// Twilio's rules allow. That Twilio knows the account, the key and the application
// is for Twilio alone to say. One thing is legal and yet unwise: Twilio's Voice SDKs
// place and receive calls only for an identity of letters, digits and underscores, at most 121 of
// them (error 31105).
//
// # Reading
//
// [Parse] reads what a token says without asking who signed it; use it to show a
// token, never to trust one. [Verify] also needs the key and the time, and
// refuses everything that is not exactly right. Both tell the type by the header.
//
// Both are strict about form, so that no token has a second spelling: base64url
// without padding, line breaks or left-over bits; JSON objects that name each member
// once, and in Unicode; no claim, no grant and no header member but those known
// here; times in plain digits.
//
// Both read the tokens of Twilio's own libraries, which differ from one another: in
// the order of scope parameters, in writing a space as "+" or "%20", in what the
// filters of an event stream are called, in escaping JSON, in whether they add iat
// or nbf, and in whether times have decimal places, which are cut off.
//
// # Errors
//
// Every error matches exactly one of this package's Err values under
// [errors.Is]; these name the numbers of Twilio's errors for the same faults.
// Messages say in what way a value is wrong, its length for one; they never contain
// an AuthToken, a secret, a token, a client name or any other value that was passed
// in, so they can be logged.
//
// A client that reports 53000, a signaling connection error without a number of its
// own, may have no fault in its token at all: Parse and Verify tell.
//
// # What this package does not know
//
// It has no clock, reads no environment and no file, and knows nothing of
// Kubernetes. Times and keys come in as values. Nothing is remembered between
// two calls, so all functions may be called from several goroutines at once.
package capability
