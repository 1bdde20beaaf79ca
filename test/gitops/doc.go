// Package gitops shows that delivery by GitOps works: that tools read an object's health
// rightly in every state, that applying again changes nothing, that nothing of a tool's
// own reaches a Secret, and that kubectl waits for what was applied.
//
// The objects in testdata are those that the operator made of each state for the
// transcripts of cmd/kubectl-capability, whose tests compare them with what the API
// server holds, and write them anew. This package must not know how a state comes about.
package gitops
