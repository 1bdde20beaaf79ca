// Package release holds what is released to what it promises: that an image has all it
// is compiled from, and that a release is the same, to the byte, whoever makes it.
//
// It must not know what the programs do.
package release
