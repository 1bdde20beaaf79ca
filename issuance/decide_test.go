package issuance_test

import (
	"testing"

	"github.com/capability-operator/capability-operator/issuance"
)

var tableNow = noon

// inDate are the facts of a capability whose token needs nothing.
func inDate(t *testing.T) issuance.Facts {
	t.Helper()
	return healthy(t)
}
