// Package buildinfo says which build of a program runs: its version, its commit and what
// it was compiled with.
//
// It must not know which programs there are.
package buildinfo
