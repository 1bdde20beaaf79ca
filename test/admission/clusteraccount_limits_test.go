package admission_test

import (
	"strings"
	"testing"
)

func TestAClusterAccountIsRefusedWhenItsLimits(t *testing.T) {
	const (
		at          = "spec.limits"
		noneIsLeft  = "must be at most maxTTL: no lifetime is left otherwise"
		application = "must be a TwiML application's SID: AP followed by 32 hexadecimal digits, such as AP0123456789abcdef0123456789abcdef"
		capability  = "must be Incoming, Outgoing or EventStream"
		tokenType   = "must be Access or Capability"
		sid         = "AP0123456789abcdef0123456789abcdef"
	)
	refuseAccounts(t, []refusal{
		{"are a word", lending(`limits: none`), at, []string{"must be of type object"}},
		{"have an unknown field", limited(`ttl: 1h`), at + ".ttl", []string{"unknown field"}},
		{"have a longest life of 1d", limited(`maxTTL: 1d`), at + ".maxTTL", []string{sayDuration}},
		{"have an empty longest life", limited(`maxTTL: ""`), at + ".maxTTL", []string{sayDuration}},
		{"have a longest life over 24h", limited(`maxTTL: 24h1s`), at + ".maxTTL", []string{sayRange}},
		{"have a longest life of 4s", limited(`maxTTL: 4s`), at + ".maxTTL", []string{sayRange}},
		{"have a longest life of 17 characters", limited(`maxTTL: ` + strings.Repeat("0", 16) + `s`), at + ".maxTTL", []string{"Too long", "16"}},
		{"have a longest life in seconds", limited(`maxTTL: 3600`), at + ".maxTTL", []string{"must be of type string"}},
		{"have a shortest life of 4s", limited(`minTTL: 4s`), at + ".minTTL", []string{sayRange}},
		{"have a shortest life of a fraction", limited(`minTTL: 1.5h`), at + ".minTTL", []string{sayDuration}},
		{"have a shortest life over the longest", limited(`minTTL: 61m, maxTTL: 1h`), at + ".minTTL", []string{noneIsLeft}},
		{"have a longest life that is none, beside a shortest", limited(`minTTL: 1h, maxTTL: 1d`), at + ".maxTTL", []string{sayDuration}},
		{"have an application that is none", limited(`applicationSIDs: [AC` + sid[2:] + `]`), at + ".applicationSIDs[0]", []string{application}},
		{"have an application that is any", limited(`applicationSIDs: [` + sid + `, "*"]`), at + ".applicationSIDs[1]", []string{application}},
		{"have an application twice", limited(`applicationSIDs: [` + sid + `, ` + sid + `]`), at + ".applicationSIDs[1]", []string{"Duplicate value"}},
		{"have an application of 65 characters", limited(`applicationSIDs: [AP` + strings.Repeat("0", 63) + `]`), at + ".applicationSIDs[0]", []string{"Too long", "64"}},
		{"have 257 applications", limited(`applicationSIDs: ` + listed(257, "AP%032d")), at + ".applicationSIDs", []string{"Too many", "256"}},
		{"have applications that are no list", limited(`applicationSIDs: ` + sid), at + ".applicationSIDs", []string{"must be of type array"}},
		{"have an unknown capability", limited(`capabilities: [Incoming, Video]`), at + ".capabilities[1]", []string{capability}},
		{"have a capability in lower case", limited(`capabilities: [incoming]`), at + ".capabilities[0]", []string{capability}},
		{"have a capability twice", limited(`capabilities: [Incoming, Incoming]`), at + ".capabilities[1]", []string{"Duplicate value"}},
		{"have four capabilities", limited(`capabilities: [Incoming, Outgoing, EventStream, Video]`), at + ".capabilities", []string{"Too many", "3"}},
		{"have an unknown token type", limited(`tokenTypes: [JWT]`), at + ".tokenTypes[0]", []string{tokenType}},
		{"have an empty token type", limited(`tokenTypes: [""]`), at + ".tokenTypes[0]", []string{tokenType}},
		{"have a token type twice", limited(`tokenTypes: [Access, Access]`), at + ".tokenTypes[1]", []string{"Duplicate value"}},
	})
}

func TestAClusterAccountIsRefusedWhenItsClientNamePattern(t *testing.T) {
	const (
		at    = "spec.limits.clientNamePattern"
		empty = "must not be empty: write a pattern such as $(namespace)_[a-z0-9]+, or leave the field out to permit any name"
		none  = "must be a regular expression (RE2), such as support_[a-z0-9]+"
		share = "must begin with $(namespace) and a character that no namespace has in its name, as in $(namespace)_[a-z0-9]+, " +
			"or end the other way round, as in [a-z0-9]+_$(namespace): else the names of one namespace could match for another"
	)
	matching := func(pattern string) string { return limited(`clientNamePattern: '` + pattern + `'`) }
	refuseAccounts(t, []refusal{
		{"is empty", matching(``), at, []string{empty}},
		{"has 257 characters", matching(strings.Repeat("a", 257)), at, []string{"Too long", "256"}},
		{"has an open bracket", matching(`support_[a-z`), at, []string{none, "missing closing ]"}},
		{"has an open parenthesis", matching(`support_(a|b`), at, []string{none, "missing closing )"}},
		{"closes what it has not opened", matching(`tommy)|(?:anna`), at, []string{none}},
		{"looks ahead", matching(`(?=support).*`), at, []string{none}},
		{"counts too far", matching(`a{1001}`), at, []string{none}},
		{"has an open bracket after the namespace", matching(`$(namespace)_[a-z`), at, []string{none}},
		{"has nothing between the namespace and the rest", matching(`$(namespace)[a-z]+`), at, []string{share}},
		{"has - between the namespace and the rest", matching(`$(namespace)-[a-z]+`), at, []string{share}},
		{"has any character between them", matching(`$(namespace).[a-z]+`), at, []string{share}},
		{"has one of several between them", matching(`$(namespace)[_-][a-z]+`), at, []string{share}},
		{"has something between them that may be missing", matching(`$(namespace)_?[a-z-]+`), at, []string{share}},
		{"has something between them as often as you like", matching(`$(namespace)_*[a-z-]+`), at, []string{share}},
		{"has something between them so many times", matching(`$(namespace)_{0,1}[a-z-]+`), at, []string{share}},
		{"has an escaped character between them that may be missing", matching(`$(namespace)\.?[a-z-]+`), at, []string{share}},
		{"has the namespace amid the name", matching(`[a-z]+_$(namespace)_[a-z]+`), at, []string{share}},
		{"has - in front of the namespace at the end", matching(`[a-z]+-$(namespace)`), at, []string{share}},
		{"makes capitals and small letters one", matching(`(?i)$(namespace)_[a-z]+`), at, []string{share}},
		{"has the namespace in a group", matching(`($(namespace))_[a-z]+`), at, []string{share}},
		{"has the namespace alone", matching(`$(namespace)`), at, []string{share}},
	})
}
