// Package installed installs the operator on a control plane as config/default does,
// and lets a manager run there as one in a pod would: with the rights of the
// operator's ServiceAccount, by a token of it. No kubelet runs, so the Deployment in
// there starts nothing.
//
// It must not know who is to be measured or broken, nor how.
package installed
