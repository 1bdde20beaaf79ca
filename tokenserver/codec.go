package tokenserver

import (
	"bytes"
	"errors"
	"fmt"

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

// strictJSON speaks JSON alone, and takes none that it does not understand in
// full: a misspelled field would otherwise give a token for somebody else, or one
// that lives longer than was meant. Callers can't ask for less (the parameter
// fieldValidation of the library does nothing here).
type strictJSON struct {
	serializer.CodecFactory
}

// SupportedMediaTypes implements runtime.NegotiatedSerializer.
func (s strictJSON) SupportedMediaTypes() []runtime.SerializerInfo {
	for _, info := range s.CodecFactory.SupportedMediaTypes() {
		if info.MediaType == runtime.ContentTypeJSON {
			info.Serializer = info.StrictSerializer
			return []runtime.SerializerInfo{info}
		}
	}
	return nil
}

// DecoderToVersion implements runtime.NegotiatedSerializer.
func (s strictJSON) DecoderToVersion(decoder runtime.Decoder, version runtime.GroupVersioner) runtime.Decoder {
	return strictDecoder{s.CodecFactory.DecoderToVersion(decoder, version)}
}

// EncoderForVersion implements runtime.NegotiatedSerializer.
func (s strictJSON) EncoderForVersion(encoder runtime.Encoder, version runtime.GroupVersioner) runtime.Encoder {
	return s.CodecFactory.EncoderForVersion(encoder, version)
}

type strictDecoder struct {
	runtime.Decoder
}

// Decode gives no object together with an error about fields, so that the library
// can't go on with a mere warning.
func (d strictDecoder) Decode(data []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, defaults, errEmptyBody
	}
	object, kind, err := d.Decoder.Decode(data, defaults, into)
	if err != nil && runtime.IsStrictDecodingError(err) {
		return nil, kind, errors.New(err.Error())
	}
	return object, kind, err
}

var errEmptyBody = errors.New(`the body is empty; send a TokenRequest, of which {} is the shortest`)
