// Package admission tests what users meet before the operator runs: the manifests of config/ on a real API server, the
// rules of the ClientCapability CRD and their messages, its defaults, its columns and its documentation.
//
// The control plane is installed as a user installs a cluster, with kubectl apply -k config/default. No operator runs
// in it: what the operator says about an admitted object is tested beside the operator.
package admission
