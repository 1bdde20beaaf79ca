package admission_test

import (
	"strings"
	"testing"
)

var (
	wellFormed  = []string{"hours, minutes and seconds, in that order", "such as 90s, 10m or 1h30m"}
	inRange     = []string{"must be from 5s to 24h"}
	aString     = []string{"must be of type string"}
	aShorterOne = []string{"must be at most nine tenths of ttl, which is ", "lower renewBefore or raise ttl"}
)

func TestADeclarationIsRefusedWhenItsTTL(t *testing.T) {
	refuse(t, []refusal{
		{"is 0s", with(`ttl: 0s`), "spec.ttl", inRange},
		{"is 4s", with(`ttl: 4s`), "spec.ttl", inRange},
		{"is 25h", with(`ttl: 25h`), "spec.ttl", inRange},
		{"is one second over 24h", with(`ttl: 24h1s`), "spec.ttl", inRange},
		{"is one second over 24h in seconds", with(`ttl: 86401s`), "spec.ttl", inRange},
		{"is 99999h", with(`ttl: 99999h`), "spec.ttl", inRange},
		{"is as long as the form allows", with(`ttl: 99999h99999m999s`), "spec.ttl", inRange},
		{"has more digits than the form allows", with(`ttl: 9223372036854s`), "spec.ttl", wellFormed},
		{"is 1d", with(`ttl: 1d`), "spec.ttl", wellFormed},
		{"is 1.5h", with(`ttl: 1.5h`), "spec.ttl", wellFormed},
		{"is 500ms", with(`ttl: 500ms`), "spec.ttl", wellFormed},
		{"is negative", with(`ttl: -1h`), "spec.ttl", wellFormed},
		{"has a plus sign", with(`ttl: +1h`), "spec.ttl", wellFormed},
		{"has a space", with(`ttl: 1h 30m`), "spec.ttl", wellFormed},
		{"is out of order", with(`ttl: 30m1h`), "spec.ttl", wellFormed},
		{"names a unit twice", with(`ttl: 1h1h`), "spec.ttl", wellFormed},
		{"is in capitals", with(`ttl: 1H`), "spec.ttl", wellFormed},
		{"is in ISO 8601", with(`ttl: PT1H`), "spec.ttl", wellFormed},
		{"is in words", with(`ttl: one hour`), "spec.ttl", wellFormed},
		{"is the string 3600", with(`ttl: "3600"`), "spec.ttl", wellFormed},
		{"is the number 3600", with(`ttl: 3600`), "spec.ttl", aString},
		{"is the number 0", with(`ttl: 0`), "spec.ttl", aString},
		{"is empty", with(`ttl: ""`), "spec.ttl", wellFormed},
		{"is a unit alone", with(`ttl: h`), "spec.ttl", wellFormed},
		{"ends with a line break", with(`ttl: "1h\n"`), "spec.ttl", wellFormed},
		{"is in digits of another script", with(`ttl: "٣h"`), "spec.ttl", wellFormed},
		{"has 17 characters", with(`ttl: ` + strings.Repeat("0", 16) + `s`), "spec.ttl", []string{"Too long", "16"}},
	})
}

func TestADeclarationIsRefusedWhenItsRenewBefore(t *testing.T) {
	refuse(t, []refusal{
		{"is 0s", with(`renewBefore: 0s`), "spec.renewBefore", []string{"must be more than 0s", "leave the field out"}},
		{"is over nine tenths of ttl", with(`ttl: 10m, renewBefore: 9m1s`), "spec.renewBefore", aShorterOne},
		{"is over nine tenths of the default ttl", with(`renewBefore: 54m1s`), "spec.renewBefore", aShorterOne},
		{"is over nine tenths of the longest ttl", with(`ttl: 24h, renewBefore: 77761s`), "spec.renewBefore", aShorterOne},
		{"is ttl itself", with(`ttl: 1h, renewBefore: 1h`), "spec.renewBefore", aShorterOne},
		{"leaves less than a second", with(`ttl: 5s, renewBefore: 5s`), "spec.renewBefore", aShorterOne},
		{"is longer than ttl", with(`ttl: 10s, renewBefore: 20s`), "spec.renewBefore", aShorterOne},
		{"is 99999h", with(`renewBefore: 99999h`), "spec.renewBefore", aShorterOne},
		{"is 1d", with(`renewBefore: 1d`), "spec.renewBefore", wellFormed},
		{"is a percentage", with(`renewBefore: 33%`), "spec.renewBefore", wellFormed},
		{"is a fraction", with(`renewBefore: 0.5m`), "spec.renewBefore", wellFormed},
		{"is negative", with(`renewBefore: -5m`), "spec.renewBefore", wellFormed},
		{"is empty", with(`renewBefore: ""`), "spec.renewBefore", wellFormed},
		{"is a number", with(`renewBefore: 300`), "spec.renewBefore", aString},
		{"has 17 characters", with(`renewBefore: ` + strings.Repeat("0", 15) + `5s`), "spec.renewBefore", []string{"Too long", "16"}},
	})
}

// A rule that spans fields keeps silent while one of them has a mistake of its own, so that a user is told of that one
// alone.
func TestAMistakeInTTLIsNotBlamedOnRenewBefore(t *testing.T) {
	refuse(t, []refusal{
		{"when ttl is malformed", with(`ttl: 1d, renewBefore: 5m`), "spec.ttl", wellFormed},
		{"when ttl is empty", with(`ttl: "", renewBefore: 5m`), "spec.ttl", wellFormed},
		{"when ttl is too long", with(`ttl: 25h, renewBefore: 5m`), "spec.ttl", inRange},
		{"when ttl is zero", with(`ttl: 0s, renewBefore: 5m`), "spec.ttl", inRange},
	})
}
