// Package controllers reads a cluster, has package issuance decide, and writes
// the outcome: it gathers the facts about one ClientCapability, writes its
// Secret, and reports in status, events and metrics, in that order.
//
// What it must not do: judge. Whether a token is right, when it is renewed and
// how long a failure waits is decided in package issuance, from facts and one
// moment in time. The clock enters here, once for each pass, as a value.
package controllers
