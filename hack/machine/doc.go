// Package machine says on what machine figures were measured, as far as the machine
// says so itself.
//
// It must not know what was measured.
package machine
