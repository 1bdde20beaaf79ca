// Package rbac tests that the operator may do what it must and nothing more: it
// runs the real manager as the ServiceAccount of config/rbac, by a token as in a
// pod, on an API server that keeps an audit log.
//
// With all rights each check passes and nothing is refused. Then one right after
// the other is taken away, each in an installation of its own, and the check that
// the table in rights_test.go names for it must fail. A right without a check that
// needs it can't stay in the manifests.
package rbac
