package issuance

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// RenewRequest is the capability's renew request as RFC 3339 in UTC, and
// whether the annotation can be read. No annotation is no request, and fine; a
// request that can't be read is none.
func RenewRequest(c *v1alpha1.ClientCapability) (request string, readable bool) {
	asked, ok := c.Annotations[v1alpha1.RenewRequestedAtAnnotation]
	if !ok {
		return "", true
	}
	at, err := time.Parse(time.RFC3339, asked)
	if err != nil {
		return "", false
	}
	at = at.UTC()
	if at.Year() < 0 || at.Year() > 9999 { // the zone took it beyond what RFC 3339 can write
		return "", false
	}
	return at.Format(time.RFC3339Nano), true
}
