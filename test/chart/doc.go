// Package chart tests charts/capability-operator with the real Helm and a real
// API server: what it renders for the values that users may write, that it is
// what the kustomize folders give, what it refuses and how, and that a release
// can be installed, upgraded and removed. It runs no pods; test/e2e does that.
//
// It must know nothing of how the chart's templates are written.
package chart
