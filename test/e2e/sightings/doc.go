// Package sightings judges what a pod reads from a mounted token Secret, and
// says it in lines that a test can read back from the pod's log.
//
// It knows the form of a token, and has no key: it must not need one, because
// no application has. A line never holds a token or a part of one.
package sightings
