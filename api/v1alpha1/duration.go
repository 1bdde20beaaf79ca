package v1alpha1

import "time"

// Duration is a length of time in whole seconds, written as hours, minutes and
// seconds in that order: 90s, 10m, 1h30m.
//
// It is a plain string with a rule of its own. The schema format "duration"
// also accepts forms that Go can't read, such as 1d, and a single such object
// would then break every typed list of the kind.
//
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$')",message="must be a duration in whole hours, minutes and seconds, in that order, such as 90s, 10m or 1h30m"
type Duration string

// DurationPattern is what a Duration looks like, for those whom no rule of the API
// server protects. The rules in this package repeat it: a marker is a comment.
const DurationPattern = `^[0-9]{1,5}(h([0-9]{1,5}m)?([0-9]{1,5}s)?|m([0-9]{1,5}s)?|s)$`

// Value is the length of time; an unset or unreadable Duration is zero. The
// API server admits no unreadable one.
func (d Duration) Value() time.Duration {
	v, err := time.ParseDuration(string(d))
	if err != nil || v < 0 {
		return 0
	}
	return v
}
