// Package advice says, for each reason that a condition of the API can give, what it
// means to who reads it and what to do, with commands that hold the names of the
// object that it is about.
//
// It is a table and pure: it must not read a cluster, and it must not decide whether
// a reason applies. A command that it gives never prints a token or a credential.
package advice
