// Package terminal writes for people who read a terminal: text by the cells that it
// takes, short durations, tables, and colours where they are wanted.
//
// It must not know what it writes about: no Kubernetes, no token, no clock.
package terminal
