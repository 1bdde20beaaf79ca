package certificate

import (
	"encoding/base64"
	"encoding/json"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// APIService is an empty one. The types are not linked in for one field.
func APIService() *unstructured.Unstructured {
	registered := &unstructured.Unstructured{}
	registered.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"})
	return registered
}

// authorityOf is nil where there is none.
func authorityOf(registered *unstructured.Unstructured) []byte {
	encoded, _, err := unstructured.NestedString(registered.Object, "spec", "caBundle")
	if err != nil {
		return nil
	}
	bundle, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil
	}
	return bundle
}

func authorityPatch(bundle []byte) client.Patch {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"caBundle": bundle}})
	if err != nil { // bytes and two names can be written
		patch = nil
	}
	return client.RawPatch(types.MergePatchType, patch)
}
