// Package plugin is what the commands of kubectl capability do: it reads the cluster
// as whoever calls, says how ClientCapabilities and accounts fare, why, and what to
// do about it, asks for renewals and for tokens on demand, and writes all that for
// people or for programs.
//
// It decides nothing of its own: where the caller may read what a decision is made on,
// it has package issuance decide, as the operator does, and otherwise it tells what
// status says. What may not be read is said, and stops nothing else.
//
// It must not know flags, nor whether a terminal reads (cmd/kubectl-capability does),
// and it writes nothing into the cluster but renew requests. A token is printed by
// Token and by Inspect with Raw alone; a credential never.
package plugin
