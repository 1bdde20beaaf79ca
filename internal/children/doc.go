// Package children is how this project's programs and tests start others, so that none
// of those is left behind.
//
// It must not know what is started, nor what for.
package children
