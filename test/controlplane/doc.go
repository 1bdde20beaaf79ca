// Package controlplane runs a real Kubernetes control plane on this machine: etcd, the API server and, where asked for,
// the controller manager that collects garbage and empties deleted namespaces. Tests, the demo and the benchmarks share
// it, so that all of them meet the same admission, the same RBAC and the same conflicts as on a cluster.
//
// The programs come from the folder that KUBEBUILDER_ASSETS names; hack/controlplane/build makes it. Everything listens
// on loopback alone and lives in one folder, which goes with the programs when the process that started them ends,
// however it ends.
//
// It must not know the operator: no kind of its API, no condition, no Secret. Whoever starts a control plane says which
// CRDs to install and fills it.
package controlplane
