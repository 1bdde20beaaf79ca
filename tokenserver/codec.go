package tokenserver

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	voice "github.com/capability-operator/capability-operator/api/v1alpha1"
)

// parent is the resource that the subresource belongs to, as those who declare
// ClientCapabilities know it.
var parent = schema.GroupResource{Group: voice.GroupVersion.Group, Resource: "clientcapabilities"}

// newScheme knows what is spoken here: token requests, and what every API server
// speaks (discovery, errors, options).
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	unversioned := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(scheme, unversioned)
	scheme.AddUnversionedTypes(unversioned, &metav1.Status{}, &metav1.APIVersions{}, &metav1.APIGroupList{}, &metav1.APIGroup{}, &metav1.APIResourceList{})
	return scheme, nil
}

// onlyJSON speaks JSON alone.
type onlyJSON struct {
	serializer.CodecFactory
	json []runtime.SerializerInfo
}

func newOnlyJSON(codecs serializer.CodecFactory) onlyJSON {
	return onlyJSON{codecs, slices.DeleteFunc(codecs.SupportedMediaTypes(), func(info runtime.SerializerInfo) bool {
		return info.MediaType != runtime.ContentTypeJSON
	})}
}

// SupportedMediaTypes implements runtime.NegotiatedSerializer.
func (o onlyJSON) SupportedMediaTypes() []runtime.SerializerInfo { return o.json }
