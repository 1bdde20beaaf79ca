// Package twilio asks Twilio's REST API one question: does it accept these
// credentials for this account?
//
//	client, err := twilio.New(twilio.DefaultBaseURL)
//	answer := client.Verify(ctx, twilio.Credentials{AccountSID: "AC…", AuthToken: "…"})
//
// An account with an AuthToken and an API key is asked about both, one after the
// other, and the worse answer counts. See [Verdict] for the answers that there are.
//
// # What is asked
//
//	the AuthToken    GET /2010-04-01/Accounts/AC….json                          in us1
//	                 GET /2010-04-01/Accounts/AC…/Applications.json?PageSize=1  elsewhere
//	an API key       GET /2010-04-01/Accounts/AC…/Applications.json?PageSize=1
//
// The first tells the account's status as well, active, suspended or closed
// (https://www.twilio.com/docs/iam/api/account). A Standard API key, which is the
// kind that tokens are signed with, may not read it, and is answered with the very
// error of a wrong one, 20003 (https://www.twilio.com/docs/api/errors/20003). It
// may list the applications of Voice, as it may do anything but read Accounts and
// Keys (https://www.twilio.com/docs/iam/api-keys/keys-in-console); so may a Main
// key. Applications are kept in each region
// (https://www.twilio.com/docs/global-infrastructure/managing-regional-resources-in-console);
// that Accounts can be read outside us1, no page says, so that the AuthToken of
// another region is asked about in the same way. Both are single reads that cost
// nothing and change nothing.
//
// What this can't tell: a Restricted key that happens to be permitted to list
// applications is accepted here, and signs no token all the same (errors 20160 and
// 31204). And while a key is accepted, Twilio may yet suspend the account for calls.
//
// # Where it is asked
//
// Credentials belong to a region, and are asked about there:
// api.dublin.ie1.twilio.com for the region ie1. Every other base URL than Twilio's
// own is used as it is, whatever the region.
//
// # How answers are read
//
// Twilio refuses where its error number says so and the number's page agrees, and
// with HTTP status 401 and any number of its own, since that status is a failure to
// authenticate (https://support.twilio.com/hc/en-us/articles/48916449686299).
// Everything else is [Unreachable], which claims nothing: an answer without one of Twilio's
// numbers, as a proxy on the way would give it; one that is not the JSON that is
// documented; one about another account; 403 and 404 with other numbers.
//
// # Secrecy
//
// Credentials go to the configured host alone, over TLS 1.2 or newer, or to
// loopback. No redirect is followed. An [Answer] has no credential in it but an
// API key's SID, none of Twilio's own words, nothing of the errors of net/http,
// which quote URLs, and nothing that differs from one try to the next, so that it
// can be a condition's message. The answer to the first question holds the
// account's AuthToken, so answers are not kept, and only the members that are
// needed are read.
//
// The proxy of the environment (HTTPS_PROXY, NO_PROXY) is honoured, as everywhere
// in Kubernetes: it relays TLS and sees no credential. Certificates are trusted as
// the system, or SSL_CERT_FILE, says.
//
// # What this package must not know
//
// Kubernetes; when to ask, and what follows from an answer; the time: it has no
// clock, save the limit on a request.
package twilio
