// Package capability mints, reads and verifies Twilio Client capability tokens:
// the short-lived signed statements that a Voice client (a browser, a phone)
// presents to Twilio in place of the account's AuthToken.
//
// A token says which account it belongs to, what its holder may do, and until
// when:
//
//	token, err := capability.Mint(capability.Token{
//		AccountSID: "AC0123456789abcdef0123456789abcdef",
//		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
//		IssuedAt:   now,
//	}, authToken)
//
// # What a token is
//
// A JSON Web Token with the header {"alg":"HS256","typ":"JWT"}, signed with the
// account's AuthToken, and four claims:
//
//	iss    the account SID
//	scope  what the holder may do
//	iat    when it was issued, in whole seconds since 1970 UTC
//	exp    when it expires, likewise
//
// [Grant.Scope] shows what a scope looks like. There is no nbf claim: a verifier
// whose clock is a little behind would refuse a fresh token.
//
// A token lives for [DefaultTTL] unless it says otherwise, and for at most
// [MaxTTL]. Twilio refuses a token whose exp is 86,400 seconds or more after its
// iat (error 31207), so one asked for with exactly 24 hours is minted with
// 86,399 seconds; [Lifetime] gives the figure beforehand.
//
// Twilio calls capability tokens deprecated and accepts them in its US1 region
// only.
//
// # Minting
//
// [Mint] checks everything before it signs anything: the form of the account SID
// and of the AuthToken, the grant by Twilio's own limits, and the lifetime. What
// it returns, Twilio's rules allow. That Twilio knows the account, the key and
// the application is for Twilio alone to say.
//
// # Reading
//
// [Parse] reads what a token says without asking who signed it; use it to show a
// token, never to trust one. [Verify] also needs the key and the time, and
// refuses everything that is not exactly right.
//
// Both are strict about form, so that no token has a second spelling: base64url
// without padding, line breaks or left-over bits; a JSON object that names each
// member once; no claim and no header member but those known here; times in plain
// digits. Both read the tokens of Twilio's own libraries, which differ from one
// another in the order of scope parameters, in writing a space as "+" or "%20",
// and in whether they add iat or nbf.
//
// # Errors
//
// Every error matches exactly one of this package's Err values under
// [errors.Is]. Messages say in what way a value is wrong, its length for one;
// they never contain an AuthToken, a token, a client name or any other value that
// was passed in, so they can be logged.
//
// # What this package does not know
//
// It has no clock, reads no environment and no file, and knows nothing of
// Kubernetes. Times and keys come in as values. Nothing is remembered between
// two calls, so all functions may be called from several goroutines at once.
package capability
