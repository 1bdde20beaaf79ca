// Package tokenserver serves tokens on demand: the aggregated API of the group
// tokens.voice.capability-operator.io, with one resource that can do nothing but
// this: a POST to its subresource token.
//
// It stores nothing, and writes nothing but its own certificate (package
// certificate below). Who asks is told by the API server in front of it, or by a
// bearer token that is for this server alone; whether they may is asked of the API
// server; what they get is decided by package issuance, by the same declaration,
// account and limits as a Secret's token. No credential of another server's is
// ever accepted, and nobody is anonymous.
//
// It must not know how a token is made or when one is refused.
package tokenserver
