package main

import (
	"slices"
	"strings"
	"testing"
)

func TestALogThatTellsSecretsIsFound(t *testing.T) {
	for log, want := range map[string][]string{
		`{"msg":"Starting workers"}`:             nil,
		"the key is " + aKey:                     {"a credential"},
		"the token is " + minted(t):              {"a token"},
		"panic: with " + another + minted(t)[:9]: {"a credential", "a token", "a panic"},
	} {
		got := tells(log, []string{aKey, another})
		if !slices.Equal(got, want) {
			t.Errorf("told are %q, not %q", got, want)
		}
		if strings.Contains(strings.Join(got, ""), aKey) {
			t.Error("it is told again")
		}
	}
}
