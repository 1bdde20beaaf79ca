// Package v1alpha1 is the API by which tokens are asked for: the subresource token
// of clientcapabilities in the group tokens.voice.capability-operator.io. It is
// modelled on the TokenRequest of ServiceAccounts, and served by an API server of
// its own (package tokenserver) by way of aggregation. Nothing of it is stored.
//
// It must know nothing but apimachinery: how a token is made and who may have one
// is decided elsewhere.
//
// +kubebuilder:object:generate=true
// +k8s:openapi-gen=true
package v1alpha1
