package issuance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// limitsFault names the first limit that the declaration breaks: one at a time,
// in an order that does not change, so that neither does the condition.
func (t *Terms) limitsFault(c *v1alpha1.ClientCapability, names *Names) *Fault {
	limits := t.Limits
	if limits == nil {
		limits = &v1alpha1.Limits{}
	}
	if limitsError(limits) != nil || names.broken {
		return accountNotReady(c, false) // what can't be read permits nothing
	}
	for _, broken := range []func(*v1alpha1.Limits, *v1alpha1.ClientCapability) string{
		tokenTypeOutside, capabilityOutside, applicationOutside, names.outside, ttlOutside,
	} {
		if what := broken(limits, c); what != "" {
			return &Fault{
				Reason:  v1alpha1.ReasonOutsideLimits,
				Message: what,
				Watched: true, Withheld: true,
			}
		}
	}
	return nil
}

func tokenTypeOutside(limits *v1alpha1.Limits, c *v1alpha1.ClientCapability) string {
	if permitsType(limits, c.TokenType()) {
		return ""
	}
	return fmt.Sprintf("spec.tokenType is %s, and ClusterAccount %q permits %s (limits.tokenTypes).",
		c.TokenType(), c.Spec.AccountRef.Name, only(limits.TokenTypes))
}

// permitsType reports whether tokens of the type may be declared.
func permitsType(limits *v1alpha1.Limits, t v1alpha1.TokenType) bool {
	return limits == nil || limits.TokenTypes == nil || slices.Contains(limits.TokenTypes, v1alpha1.LimitedTokenType(t))
}

func capabilityOutside(limits *v1alpha1.Limits, c *v1alpha1.ClientCapability) string {
	permitted := limits.Capabilities
	if permitted == nil {
		permitted = []v1alpha1.CapabilityName{v1alpha1.CapabilityIncoming, v1alpha1.CapabilityOutgoing}
	}
	for _, asked := range []struct {
		name  v1alpha1.CapabilityName
		field string
		is    bool
	}{
		{v1alpha1.CapabilityIncoming, "spec.incoming", c.Spec.Incoming},
		{v1alpha1.CapabilityOutgoing, "spec.outgoing", c.Spec.Outgoing != nil},
		{v1alpha1.CapabilityEventStream, "spec.eventStream", c.Spec.EventStream != nil},
	} {
		if asked.is && !slices.Contains(permitted, asked.name) {
			return fmt.Sprintf("%s asks for %s, and ClusterAccount %q permits %s (limits.capabilities).",
				asked.field, asked.name, c.Spec.AccountRef.Name, only(permitted))
		}
	}
	return ""
}

// applicationOutside does not list what is permitted: those are other tenants'.
func applicationOutside(limits *v1alpha1.Limits, c *v1alpha1.ClientCapability) string {
	out := c.Spec.Outgoing
	if out == nil || limits.ApplicationSIDs == nil || slices.Contains(limits.ApplicationSIDs, v1alpha1.ApplicationSID(out.ApplicationSID)) {
		return ""
	}
	return fmt.Sprintf("spec.outgoing.applicationSID is %s, which ClusterAccount %q does not permit (limits.applicationSIDs); "+
		"ask the platform team which application is for this namespace.", out.ApplicationSID, c.Spec.AccountRef.Name)
}

// outside does not repeat the name, which is personal data, nor the pattern, which
// may speak of other tenants.
func (n *Names) outside(limits *v1alpha1.Limits, c *v1alpha1.ClientCapability) string {
	if c.Spec.ClientName == "" || n.permitted(c.Spec.ClientName) {
		return ""
	}
	return fmt.Sprintf("spec.clientName is none that ClusterAccount %q permits in this namespace (limits.clientNamePattern); %s.",
		c.Spec.AccountRef.Name, namesThatFit(limits.ClientNamePattern, c.Namespace))
}

func ttlOutside(limits *v1alpha1.Limits, c *v1alpha1.ClientCapability) string {
	ttl := c.Spec.TTL.Value()
	switch {
	case limits.MaxTTL != "" && ttl > limits.MaxTTL.Value():
		return fmt.Sprintf("spec.ttl is %s, and ClusterAccount %q permits at most %s (limits.maxTTL).",
			c.Spec.TTL, c.Spec.AccountRef.Name, limits.MaxTTL)
	case limits.MinTTL != "" && ttl < limits.MinTTL.Value():
		return fmt.Sprintf("spec.ttl is %s, and ClusterAccount %q permits no less than %s (limits.minTTL).",
			c.Spec.TTL, c.Spec.AccountRef.Name, limits.MinTTL)
	}
	return ""
}

// only lists what is permitted.
func only[T ~string](permitted []T) string {
	if len(permitted) == 0 {
		return "none"
	}
	names := make([]string, len(permitted))
	for i, name := range permitted {
		names[i] = string(name)
	}
	slices.Sort(names)
	return strings.Join(names, " and ") + " only"
}
