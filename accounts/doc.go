// Package accounts finds the credentials that a capability may be signed with.
//
// It sees nothing but Secrets that carry the account label: the label is the
// consent of the Secret's owner, and the cache that this package describes
// holds no other Secret, so that nobody can probe or read one through the
// operator. The package knows where credentials lie and what their keys are
// called; it must not judge them (package issuance does) and must not write.
package accounts
