package admission_test

import (
	"strings"
	"testing"
)

func TestADeclarationIsRefusedWhenItsSecret(t *testing.T) {
	itself := []string{"the account's own Secret", "set spec.secret.name to a name that differs from spec.accountRef.name"}
	secretName := []string{"must be a name for a Secret", "such as tommy-token"}
	key := []string{"must be a key of a Secret", "such as token"}
	policy := []string{"Delete", "Retain"}
	refuse(t, []refusal{
		{"is the account's by default", `{accountRef: {name: tommy}, clientName: tommy, incoming: true}`, "spec.secret.name", itself},
		{"is the account's though it has labels", `{accountRef: {name: tommy}, clientName: tommy, incoming: true, secret: {labels: {a: b}}}`,
			"spec.secret.name", itself},
		{"is the account's by name", with(`secret: {name: twilio}`), "spec.secret.name", itself},
		{"has an empty name", with(`secret: {name: ""}`), "spec.secret.name", secretName},
		{"has a name in capitals", with(`secret: {name: Tommy}`), "spec.secret.name", secretName},
		{"has a name with a slash", with(`secret: {name: other/tommy}`), "spec.secret.name", secretName},
		{"has a name of 254 characters", with(`secret: {name: ` + strings.Repeat("a", 254) + `}`),
			"spec.secret.name", []string{"Too long", "253"}},
		{"has a key with a space", with(`secret: {key: my token}`), "spec.secret.key", key},
		{"has a key with a slash", with(`secret: {key: a/b}`), "spec.secret.key", key},
		{"has an empty key", with(`secret: {key: ""}`), "spec.secret.key", key},
		{"has the key .", with(`secret: {key: .}`), "spec.secret.key", key},
		{"has the key ..", with(`secret: {key: ..}`), "spec.secret.key", key},
		{"has a key that begins with ..", with(`secret: {key: ..data}`), "spec.secret.key", key},
		{"has the key of the expiry", with(`secret: {key: expires-at}`), "spec.secret.key", []string{"must not be expires-at", "such as token"}},
		{"has a key of 254 characters", with(`secret: {key: ` + strings.Repeat("k", 254) + `}`),
			"spec.secret.key", []string{"Too long", "253"}},
		{"has an unknown policy", with(`secret: {deletionPolicy: Orphan}`), "spec.secret.deletionPolicy", policy},
		{"has a policy in lower case", with(`secret: {deletionPolicy: retain}`), "spec.secret.deletionPolicy", policy},
		{"has an empty policy", with(`secret: {deletionPolicy: ""}`), "spec.secret.deletionPolicy", policy},
		{"has an unknown field", with(`secret: {type: Opaque}`), "spec.secret.type", []string{"unknown field"}},
		{"is a bare name", with(`secret: tommy-token`), "spec.secret", []string{"must be of type object"}},
	})
}

func TestADeclarationIsRefusedWhenItsSecretsMetadata(t *testing.T) {
	labelKeys := []string{"is no label key", "write keys such as team, of at most 63 letters"}
	labelValue := []string{"must be a label's value", "at most 63 letters, digits"}
	annotationKeys := []string{"is no annotation key", "write keys such as team, of at most 63 letters"}
	refuse(t, []refusal{
		{"has a label key with a space", with(`secret: {labels: {my team: a}}`), "spec.secret.labels", labelKeys},
		{"has an empty label key", with(`secret: {labels: {"": a}}`), "spec.secret.labels", labelKeys},
		{"has a label key of 64 characters", with(`secret: {labels: {` + strings.Repeat("k", 64) + `: a}}`), "spec.secret.labels", labelKeys},
		{"has a label key with an empty prefix", with(`secret: {labels: {/team: a}}`), "spec.secret.labels", labelKeys},
		{"has a label key with two prefixes", with(`secret: {labels: {a/b/team: a}}`), "spec.secret.labels", labelKeys},
		{"has a label value with a space", with(`secret: {labels: {team: our team}}`), "spec.secret.labels[team]", labelValue},
		{"has a label value that ends with a dash", with(`secret: {labels: {team: support-}}`), "spec.secret.labels[team]", labelValue},
		{"has a label value of 64 characters", with(`secret: {labels: {team: ` + strings.Repeat("v", 64) + `}}`),
			"spec.secret.labels.team", []string{"Too long", "63"}},
		{"has a label value that is no string", with(`secret: {labels: {team: 1}}`), "spec.secret.labels.team", aString},
		{"has 17 labels", with(`secret: {labels: ` + numbered(17, "l%d: v") + `}`), "spec.secret.labels", []string{"at most 16 items"}},
		{"has an annotation key with a space", with(`secret: {annotations: {my team: a}}`), "spec.secret.annotations", annotationKeys},
		{"has an empty annotation key", with(`secret: {annotations: {"": a}}`), "spec.secret.annotations", annotationKeys},
		{"has an annotation key of 64 characters", with(`secret: {annotations: {` + strings.Repeat("k", 64) + `: a}}`),
			"spec.secret.annotations", annotationKeys},
		{"has an annotation of 4097 characters", with(`secret: {annotations: {note: ` + strings.Repeat("v", 4097) + `}}`),
			"spec.secret.annotations.note", []string{"Too long", "4096"}},
		{"has 17 annotations", with(`secret: {annotations: ` + numbered(17, "a%d: v") + `}`),
			"spec.secret.annotations", []string{"at most 16 items"}},
	})
}
