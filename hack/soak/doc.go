// Command soak runs the operator for an hour while everything around it breaks, and tells whether any Secret ever held an
// expired token. `make soak` runs it; `make soak ARGS="--for 5m"` is a short one.
//
// Two managers, the real program with the rights and the lease of config/default, keep 2,000 objects whose tokens live for
// 60 to 600 seconds. Meanwhile the API server is restarted, managers are killed (SIGKILL), stopped (SIGTERM) and frozen
// (SIGSTOP), accounts are rotated, tokens are overwritten and removed by hand, and objects come, change and go. The faults
// stay within what the promise allows: they come one after the other, and none lasts longer than the least time that is
// left of a token when it is due, which is 30 seconds.
//
// An observer with a watch and a JWT reader of its own holds every Secret against the clock, ten times a second. The time
// is divided into stretches. In the first and the last the leader is what is killed; in the long one between it is left
// alone and its standby is killed, so that one process leads for long enough for a slope of its memory to mean something.
//
// The last that it prints is a report, in Markdown. It exits with 1 where a token was found expired or false, or where
// anything else in the report is not as it must be.
//
// It must not know how the operator works inside: it sees what anybody sees who may read the Secrets and the metrics.
package main
