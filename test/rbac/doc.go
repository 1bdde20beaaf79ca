// Package rbac tests that the operator may do what it must and nothing more: it
// runs the real manager by a token of its ServiceAccount, as in a pod, on an API
// server that keeps an audit log.
//
// With all rights each check passes and nothing is refused. Then one right after
// the other is taken away, each in an installation of its own, and the check that
// the table in rights_test.go names for it must fail. A right without a check that
// needs it can't stay in the manifests.
//
// The overlays are installed as docs/operations.md has them, word for word, and
// whoever holds a token of the operator, or a role for people, tries what it must
// not. docs/security.md says which of these tests holds which line.
package rbac
