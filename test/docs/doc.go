// Package docs keeps the documentation honest: what the code has, the pages name, and where a page points, something is.
//
// It reads sources and pages as files. Whether what a page says is true it can't know.
package docs
