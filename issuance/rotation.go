package issuance

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// SigningKeyOf is the API key that signs the account's Access tokens; nil where
// it has none, and its AuthToken signs.
func SigningKeyOf(account Account) *v1alpha1.SigningKeyStatus {
	if account.APIKey.Value == "" {
		return nil
	}
	return &v1alpha1.SigningKeyStatus{SID: account.APIKey.Value}
}

// PreviousKey is what signed before and whose tokens may still be in use at the
// moment now; nil where there is nothing to wait for. authTokenChanged tells that
// the AuthToken is another than was seen before: it has no SID to tell it by.
//
// Of two changes within the life of a token the later one stays, with a time that
// covers the earlier one too.
func PreviousKey(before *v1alpha1.ClusterAccountStatus, account Account, authTokenChanged bool, limits *v1alpha1.Limits, now time.Time) *v1alpha1.PreviousKeyStatus {
	// Rounded up: a second too early would cut off who was last.
	until := metav1.NewTime(now.Add(longestLife(limits) + time.Second - 1).Truncate(time.Second))
	if previous := before.PreviousKey; previous != nil && until.Before(&previous.InUseUntil) { // maxTTL was lowered meanwhile
		until = previous.InUseUntil
	}
	switch was := before.SigningKey; {
	case was != nil && was.SID != account.APIKey.Value:
		return &v1alpha1.PreviousKeyStatus{SID: was.SID, InUseUntil: until}
	case authTokenChanged:
		return &v1alpha1.PreviousKeyStatus{InUseUntil: until}
	case before.PreviousKey != nil && now.Before(before.PreviousKey.InUseUntil.Time):
		return before.PreviousKey
	}
	return nil
}

// longestLife is how long a token of the account lives at the most.
func longestLife(limits *v1alpha1.Limits) time.Duration {
	if limits != nil {
		if longest := limits.MaxTTL.Value(); longest > 0 {
			return capability.Lifetime(longest)
		}
	}
	return capability.Lifetime(capability.MaxTTL)
}
