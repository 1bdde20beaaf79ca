package v1alpha1

// model is how names of the OpenAPI document begin: the group in reverse.
const model = "io.capability-operator.voice.tokens.v1alpha1."

// OpenAPIModelName is the name of the type in the OpenAPI document.
func (TokenRequest) OpenAPIModelName() string { return model + "TokenRequest" }

// OpenAPIModelName is the name of the type in the OpenAPI document.
func (TokenRequestSpec) OpenAPIModelName() string { return model + "TokenRequestSpec" }

// OpenAPIModelName is the name of the type in the OpenAPI document.
func (TokenRequestStatus) OpenAPIModelName() string { return model + "TokenRequestStatus" }
