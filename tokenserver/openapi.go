package tokenserver

import (
	apiextensions "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

// The three types of this API are described by hand, since a generator would write
// fifty times as much for the types of apimachinery, which come with a library that
// is needed anyway. A test holds this against the types.

// definitions describe every type that is spoken here.
func definitions(ref common.ReferenceCallback) map[string]common.OpenAPIDefinition {
	all := map[string]common.OpenAPIDefinition{}
	for name, definition := range apiextensions.GetOpenAPIDefinitions(ref) {
		all[name] = definition
	}
	request, asked, answer := v1alpha1.TokenRequest{}.OpenAPIModelName(), v1alpha1.TokenRequestSpec{}.OpenAPIModelName(), v1alpha1.TokenRequestStatus{}.OpenAPIModelName()
	meta, stamp := metav1.ObjectMeta{}.OpenAPIModelName(), metav1.Time{}.OpenAPIModelName()
	all[request] = definition(
		"TokenRequest asks for a token of a ClientCapability. Its name and namespace are those of the ClientCapability, as the path has them.",
		nil, []string{meta, asked, answer}, map[string]spec.Schema{
			"apiVersion": *text("The version of this form."),
			"kind":       *text("TokenRequest."),
			"metadata":   reference(ref, meta, "Name and namespace, which may be left out."),
			"spec":       reference(ref, asked, "spec is what is asked for. Left out, all is as declared."),
			"status":     reference(ref, answer, "status is the answer."),
		})
	all[asked] = definition("TokenRequestSpec is what is asked for.", nil, nil, map[string]spec.Schema{
		"ttl": *text("ttl is how long the token is to live, such as 5s, and no longer than the spec.ttl of the ClientCapability, " +
			"which it is where it is left out."),
		"clientName": *text("clientName is who the client is to be: the clientName of the ClientCapability, which it is where it is left out, " +
			"or a name that its spec.onDemand.clientNamePattern matches."),
	})
	all[answer] = definition("TokenRequestStatus is the answer.", []string{"token", "expiresAt"}, []string{stamp},
		map[string]spec.Schema{
			"token":     *text("token is the signed token."),
			"expiresAt": reference(ref, stamp, "expiresAt is when it expires, to the second."),
		})
	return all
}

func definition(description string, required, uses []string, properties map[string]spec.Schema) common.OpenAPIDefinition {
	return common.OpenAPIDefinition{
		Schema: spec.Schema{SchemaProps: spec.SchemaProps{
			Description: description, Type: []string{"object"}, Required: required, Properties: properties,
		}},
		Dependencies: uses,
	}
}

func text(description string) *spec.Schema {
	schema := spec.StringProperty()
	schema.Description = description
	return schema
}

func reference(ref common.ReferenceCallback, name, description string) spec.Schema {
	return spec.Schema{SchemaProps: spec.SchemaProps{Description: description, Default: map[string]any{}, Ref: ref(name)}}
}
