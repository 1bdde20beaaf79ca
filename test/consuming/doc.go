// Package consuming runs the programs that docs/consuming-tokens.md shows, against a directory that is updated as a kubelet
// updates a mounted Secret, and holds the page to what it shows.
//
// It must not know the operator: tokens come from the library, and who reads them is another program.
package consuming
