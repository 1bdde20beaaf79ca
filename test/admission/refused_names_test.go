package admission_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestADeclarationIsRefusedWhenItsClientName(t *testing.T) {
	withoutThose := []string{"must be without spaces, control characters", `<>#%"{}|\^[] and the backtick`}
	refusals := []refusal{
		{"is empty", named(t, ""), "spec.clientName", []string{"must be 1 to 256 characters"}},
		{"has 257 characters", named(t, strings.Repeat("a", 257)), "spec.clientName", []string{"Too long", "256"}},
		{"has 257 characters of several bytes", named(t, strings.Repeat("é", 257)), "spec.clientName", []string{"Too long", "256"}},
		{"is a number", `{accountRef: {name: twilio}, incoming: true, clientName: 42}`, "spec.clientName", aString},
	}
	for what, character := range map[string]string{
		"a space": " ", "a tab": "\t", "a line break": "\n", "a carriage return": "\r", "a null": "\x00", "an escape": "\x1b",
		"a next line": "\u0085", "a no-break space": "\u00a0", "a thin space": "\u2009",
		"a line separator": "\u2028", "an ideographic space": "\u3000",
	} {
		refusals = append(refusals, refusal{"has " + what, named(t, "tom"+character+"my"), "spec.clientName", withoutThose})
	}
	for _, character := range "<>#%\"{}|\\^[]`" {
		refusals = append(refusals, refusal{fmt.Sprintf("has %q", character),
			named(t, "tom"+string(character)+"my"), "spec.clientName", withoutThose})
	}
	refuse(t, append(refusals,
		refusal{"has a delete", `{accountRef: {name: twilio}, incoming: true, clientName: "tom\x7fmy"}`, "spec.clientName", withoutThose},
		refusal{"begins with a space", named(t, " tommy"), "spec.clientName", withoutThose},
		refusal{"ends with a line break", named(t, "tommy\n"), "spec.clientName", withoutThose},
	))
}

func TestADeclarationIsRefusedWhenItsParams(t *testing.T) {
	tooMuch := []string{"at most 800 bytes in all, names and values together", "31103"}
	refuse(t, []refusal{
		{"are 33", calling(numbered(33, "p%d: v")), "spec.outgoing.params", []string{"at most 32 items"}},
		{"take 801 bytes", calling(`{p: ` + strings.Repeat("v", 800) + `}`), "spec.outgoing.params", tooMuch},
		{"take 801 bytes by their names", calling(`{` + strings.Repeat("p", 800) + `: v}`), "spec.outgoing.params", tooMuch},
		{"take 801 bytes together", calling(`{p: ` + strings.Repeat("v", 399) + `, q: ` + strings.Repeat("v", 400) + `}`),
			"spec.outgoing.params", tooMuch},
		{"take 802 bytes in 401 characters", calling(`{é: ` + strings.Repeat("é", 400) + `}`), "spec.outgoing.params", tooMuch},
		{"take 801 bytes in characters of four", calling(`{p: "` + strings.Repeat("📞", 200) + `"}`), "spec.outgoing.params", tooMuch},
		{"have a value of 801 characters", calling(`{p: ` + strings.Repeat("v", 801) + `}`),
			"spec.outgoing.params.p", []string{"Too long", "800"}},
		{"have an empty name", calling(`{"": v}`), "spec.outgoing.params", []string{"must not have an empty name"}},
		{"have a number", calling(`{priority: 1}`), "spec.outgoing.params.priority", aString},
		{"have a boolean", calling(`{urgent: true}`), "spec.outgoing.params.urgent", []string{"must be of type string"}},
		{"are nested", calling(`{team: {name: support}}`), "spec.outgoing.params.team.name", []string{"unknown field"}},
		{"are a list", calling(`[team=support]`), "spec.outgoing.params", []string{"must be of type object"}},
	})
}

func TestADeclarationIsRefusedWhenItsFilters(t *testing.T) {
	tooMuch := []string{"at most 800 bytes in all, names and values together"}
	refuse(t, []refusal{
		{"are 33", listening(numbered(33, "p%d: v")), "spec.eventStream.filters", []string{"at most 32 items"}},
		{"take 801 bytes", listening(`{p: ` + strings.Repeat("v", 800) + `}`), "spec.eventStream.filters", tooMuch},
		{"take 802 bytes in 401 characters", listening(`{é: ` + strings.Repeat("é", 400) + `}`), "spec.eventStream.filters", tooMuch},
		{"have a value of 801 characters", listening(`{p: ` + strings.Repeat("v", 801) + `}`),
			"spec.eventStream.filters.p", []string{"Too long", "800"}},
		{"have an empty name", listening(`{"": v}`), "spec.eventStream.filters", []string{"must not have an empty name"}},
		{"have a number", listening(`{priority: 1}`), "spec.eventStream.filters.priority", aString},
	})
}

// listening is a declaration with those filters, written as YAML.
func listening(filters string) string {
	return `{accountRef: {name: twilio}, eventStream: {filters: ` + filters + `}}`
}

// named is a declaration of a client of that name.
func named(t *testing.T, name string) string {
	t.Helper()
	quoted, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{accountRef: {name: twilio}, incoming: true, clientName: %s}`, quoted)
}

// calling is a declaration with those params, written as YAML.
func calling(params string) string {
	return `{accountRef: {name: twilio}, outgoing: {applicationSID: AP0123456789abcdef0123456789abcdef, params: ` + params + `}}`
}

// numbered is a YAML map of n entries, made by the format from their numbers.
func numbered(n int, format string) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf(format, i)
	}
	return "{" + strings.Join(entries, ", ") + "}"
}
