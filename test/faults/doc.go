// Package faults breaks what the operator stands on and watches the tokens: writes that fail or whose answer is lost, a
// watch that lags, an API server that stops, a manager that is killed, paused or replaced, users who fight it, clocks
// that differ.
//
// The operator runs as it does in a cluster: the real program, as a process of its own, against a real API server. What
// is broken on the way stands between the two, in a proxy. An observer with a watch of its own follows every version of
// every token Secret, and each test says what must hold of the tokens that it saw, not of the calls that were made.
//
// FAULTS_KILLS says how often the manager is killed at random moments of a storm (10; 200 takes five minutes), and BIN
// names a manager to test instead of one that is built for it.
//
// It must not reach into the operator: a test here knows what a user can know.
package faults
