package admission_test

import (
	"fmt"
	"strings"
	"testing"
)

const (
	sayNamespace = "must be the name of a namespace: lower-case letters, digits and '-', such as support"
	saySecret    = "must be the name of a Secret: lower-case letters, digits, '-' and '.', such as twilio"
	sayKey       = "must be a key of a Secret: letters, digits, '-', '_' and '.', such as token"
	sayDuration  = "must be a duration in whole hours, minutes and seconds, in that order, such as 90s, 10m or 1h30m"
	sayRange     = "must be from 5s to 24h"
)

func TestAClusterAccountIsRefusedWhenItsSecret(t *testing.T) {
	in := func(ref string) string { return `{secretRef: ` + ref + `}` }
	refuseAccounts(t, []refusal{
		{"is missing", `{}`, "spec.secretRef", []string{"Required value"}},
		{"is null", in(`null`), "spec.secretRef", []string{"Required value"}},
		{"is a bare name", in(`twilio`), "spec.secretRef", []string{"must be of type object"}},
		{"has no namespace", in(`{name: twilio}`), "spec.secretRef.namespace", []string{"Required value"}},
		{"has no name", in(`{namespace: voice-platform}`), "spec.secretRef.name", []string{"Required value"}},
		{"has an empty namespace", in(`{namespace: "", name: twilio}`), "spec.secretRef.namespace", []string{sayNamespace}},
		{"has a namespace in capitals", in(`{namespace: Voice, name: twilio}`), "spec.secretRef.namespace", []string{sayNamespace}},
		{"has a namespace with a dot", in(`{namespace: voice.platform, name: twilio}`), "spec.secretRef.namespace", []string{sayNamespace}},
		{"has a namespace of 64 characters", in(`{namespace: ` + longest[:64] + `, name: twilio}`), "spec.secretRef.namespace", []string{"Too long", "63"}},
		{"has an empty name", in(`{namespace: voice-platform, name: ""}`), "spec.secretRef.name", []string{saySecret}},
		{"has a name in capitals", in(`{namespace: voice-platform, name: Twilio}`), "spec.secretRef.name", []string{saySecret}},
		{"has a name with a slash", in(`{namespace: voice-platform, name: a/b}`), "spec.secretRef.name", []string{saySecret}},
		{"has a name of 254 characters", in(`{namespace: voice-platform, name: a` + longest + `}`), "spec.secretRef.name", []string{"Too long", "253"}},
		{"has an impossible key", in(`{namespace: voice-platform, name: twilio, keys: {apiKey: "api key"}}`), "spec.secretRef.keys.apiKey", []string{sayKey}},
		{"has an empty key", in(`{namespace: voice-platform, name: twilio, keys: {region: ""}}`), "spec.secretRef.keys.region", []string{sayKey}},
		{"has an unknown key", in(`{namespace: voice-platform, name: twilio, keys: {token: T}}`), "spec.secretRef.keys.token", []string{"unknown field"}},
		{"has an unknown field", in(`{namespace: voice-platform, name: twilio, kind: Secret}`), "spec.secretRef.kind", []string{"unknown field"}},
	})
}

func TestAClusterAccountIsRefusedWhenItsAllowedNamespaces(t *testing.T) {
	const (
		at       = "spec.allowedNamespaces"
		oneOf    = "must be exactly one of names, selector and all: write for instance names: [support], or leave allowedNamespaces out to allow none"
		isTrue   = "must be true where it is set: write all: true, or leave allowedNamespaces out to allow none"
		notEmpty = "must not be empty: write the labels that an allowed namespace carries, or all: true to allow every namespace"
		name     = sayNamespace + "; patterns have no place here, use selector"
		keys     = "must have names of labels as keys, such as team or example.com/team"
		key      = "must be the name of a label, such as team or example.com/team"
		operator = "must be In, NotIn, Exists or DoesNotExist"
		values   = "must be there with operator In or NotIn, and only there: write for instance values: [support]"
		value    = "must be a label's value: at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
	)
	selected := func(labels string) string { return allowing(`selector: {` + labels + `}`) }
	expression := func(fields string) string { return selected(`matchExpressions: [{` + fields + `}]`) }
	refuseAccounts(t, []refusal{
		{"are none of the three", allowing(``), at, []string{oneOf}},
		{"are names and all", allowing(`names: [support], all: true`), at, []string{oneOf}},
		{"are names and a selector", allowing(`names: [support], selector: {matchLabels: {team: support}}`), at, []string{oneOf}},
		{"are an empty list and all", allowing(`names: [], all: true`), at, []string{oneOf}},
		{"are all three", allowing(`names: [support], selector: {matchLabels: {team: support}}, all: true`), at, []string{oneOf}},
		{"are a list", lending(`allowedNamespaces: [support]`), at, []string{"must be of type object"}},
		{"are a word", lending(`allowedNamespaces: all`), at, []string{"must be of type object"}},
		{"are misspelt", allowing(`namespaces: [support]`), at + ".namespaces", []string{"unknown field"}},
		{"are all, in the negative", allowing(`all: false`), at + ".all", []string{isTrue}},
		{"are all, as a word", allowing(`all: "yes"`), at + ".all", []string{"must be of type boolean"}},
		{"have a pattern as a name", allowing(`names: ["support-*"]`), at + ".names[0]", []string{name}},
		{"have all as a name", allowing(`names: ["*"]`), at + ".names[0]", []string{name}},
		{"have an empty name", allowing(`names: [support, ""]`), at + ".names[1]", []string{name}},
		{"have a name in capitals", allowing(`names: [Support]`), at + ".names[0]", []string{name}},
		{"have a name of 64 characters", allowing(`names: [` + longest[:64] + `]`), at + ".names[0]", []string{"Too long", "63"}},
		{"have a name twice", allowing(`names: [support, sales, support]`), at + ".names[2]", []string{`Duplicate value: "support"`}},
		{"have 257 names", allowing(`names: ` + listed(257, "n%d")), at + ".names", []string{"Too many", "256"}},
		{"have an empty selector", selected(``), at + ".selector", []string{notEmpty}},
		{"have an empty map of labels", selected(`matchLabels: {}`), at + ".selector", []string{notEmpty}},
		{"have an empty list of expressions", selected(`matchExpressions: []`), at + ".selector", []string{notEmpty}},
		{"have a label without a name", selected(`matchLabels: {"": support}`), at + ".selector.matchLabels", []string{keys}},
		{"have a label with two prefixes", selected(`matchLabels: {a/b/team: support}`), at + ".selector.matchLabels", []string{keys}},
		{"have a label of 64 characters", selected(`matchLabels: {` + longest[:64] + `: support}`), at + ".selector.matchLabels", []string{keys}},
		{"have a value that is none", selected(`matchLabels: {team: our team}`), at + ".selector.matchLabels[team]", []string{value}},
		{"have a value of 64 characters", selected(`matchLabels: {team: ` + longest[:64] + `}`), at + ".selector.matchLabels.team", []string{"Too long", "63"}},
		{"have 17 labels", selected(`matchLabels: ` + numbered(17, "l%d: v")), at + ".selector.matchLabels", []string{"at most 16 items"}},
		{"have 17 expressions", selected(`matchExpressions: ` + listed(17, "{key: l%d, operator: Exists}")), at + ".selector.matchExpressions", []string{"Too many", "16"}},
		{"have an expression without a key", expression(`operator: Exists`), at + ".selector.matchExpressions[0].key", []string{"Required value"}},
		{"have an expression with an empty key", expression(`key: "", operator: Exists`), at + ".selector.matchExpressions[0].key", []string{key}},
		{"have an expression without an operator", expression(`key: team`), at + ".selector.matchExpressions[0].operator", []string{"Required value"}},
		{"have an unknown operator", expression(`key: team, operator: Equals`), at + ".selector.matchExpressions[0].operator", []string{operator}},
		{"have an operator in lower case", expression(`key: team, operator: exists`), at + ".selector.matchExpressions[0].operator", []string{operator}},
		{"have In without values", expression(`key: team, operator: In`), at + ".selector.matchExpressions[0].values", []string{values}},
		{"have NotIn with an empty list", expression(`key: team, operator: NotIn, values: []`), at + ".selector.matchExpressions[0].values", []string{values}},
		{"have Exists with values", expression(`key: team, operator: Exists, values: [support]`), at + ".selector.matchExpressions[0].values", []string{values}},
		{"have DoesNotExist with values", expression(`key: team, operator: DoesNotExist, values: [a]`), at + ".selector.matchExpressions[0].values", []string{values}},
		{"have 65 values", expression(`key: team, operator: In, values: ` + listed(65, "v%d")), at + ".selector.matchExpressions[0].values", []string{"Too many", "64"}},
		{"have an expression with a value that is none", expression(`key: team, operator: In, values: [our team]`), at + ".selector.matchExpressions[0].values[0]", []string{value}},
	})
}

func TestAClusterAccountIsRefusedWhenItsVerify(t *testing.T) {
	const at, often = "spec.verify.interval", "must be from 5m to 168h"
	every := func(interval string) string { return lending(`verify: {interval: ` + interval + `}`) }
	refuseAccounts(t, []refusal{
		{"says nothing", lending(`verify: {}`), at, []string{"Required value"}},
		{"is a word", lending(`verify: true`), "spec.verify", []string{"must be of type object"}},
		{"is more often than each five minutes", every(`4m59s`), at, []string{often}},
		{"is off by zero", every(`0s`), at, []string{often}},
		{"is more seldom than each week", every(`168h1s`), at, []string{often}},
		{"is in days", every(`1d`), at, []string{sayDuration}},
		{"is a number", every(`300`), at, []string{"must be of type string"}},
		{"has an unknown field", lending(`verify: {interval: 1h, timeout: 5s}`), "spec.verify.timeout", []string{"unknown field"}},
	})
}

// listed is a YAML list of n items, made by the format from their numbers.
func listed(n int, format string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(format, i)
	}
	return "[" + strings.Join(items, ", ") + "]"
}
