// Package walkthrough runs the commands of pages against a real control plane with the
// real manager, each as a reader would paste it: those of pages that promise to be tried
// block by block, with what they print, and those of other pages one by one. It must not
// know more of the operator than the page says.
package walkthrough
