// Package v1alpha1 holds what users write and read: the ClientCapability, the
// rules that the API server checks, the conditions and reasons that answer
// them, and the names of the labels and annotations that tie things together.
//
// It knows nothing of how a token is made or of how a cluster is read: it
// imports apimachinery alone, so that other programs can use the types
// without taking the operator with them.
//
// +kubebuilder:object:generate=true
// +groupName=voice.capability-operator.io
package v1alpha1
