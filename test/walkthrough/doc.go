// Package walkthrough runs the commands of pages that promise to be tried, in their
// order, against a real control plane with the real manager: each block of sh as a
// reader would paste it. It must not know more of the operator than the page says.
package walkthrough
