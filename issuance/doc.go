// Package issuance decides what becomes of a capability's token: facts and one
// moment in time go in, a verdict comes out. The decision is an ordered list
// of named checks, of which the first that has something to say wins. The
// schedule (when a token is renewed, when a failure is tried again) is here
// too, because a decision without a next time is how renewals get lost.
//
// Everything here is pure. The package must not read a clock, a cluster or an
// environment, and must not draw random numbers: the same facts give the same
// verdict in every process, which is what makes a restart or a failover safe.
package issuance
