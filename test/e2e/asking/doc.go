// Package asking asks for tokens on demand as an application does that wants
// each of its requests answered: it keeps connections, tries again where
// something breaks, and counts what broke.
//
// It knows what every pod has, and has no key. What it counts never holds a
// token or a part of one.
package asking
