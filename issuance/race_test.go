//go:build race

package issuance_test

// underRace is true where everything takes several times as long.
const underRace = true
