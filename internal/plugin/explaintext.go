package plugin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/terminal"
	"github.com/capability-operator/capability-operator/issuance"
)

// declaredTimes are how long a token lives and how long before its end it is renewed.
type declaredTimes struct{ ttl, renewBefore time.Duration }

func timesOf(c *v1alpha1.ClientCapability) declaredTimes {
	return declaredTimes{ttl: c.Spec.TTL.Value(), renewBefore: issuance.RenewBefore(c)}
}

// tone is how much attention an object deserves.
func (h Health) tone() terminal.Tone {
	switch {
	case h.Fault && h.Ready:
		return terminal.Notice
	case h.Fault:
		return terminal.Bad
	}
	return terminal.Good
}

// explanation is the page: what it comes to and what to do first, then what that rests on.
func (s *Session) explanation(e *Explanation) string {
	now := s.Clock.Now()
	p := s.newPage()
	p.title(e.headline(fmt.Sprintf("ClientCapability %s in %s", e.Name, e.Namespace)), e.tone())
	if e.Message != "" {
		p.says(e.Message)
	}
	if e.Advice != nil {
		p.steps(*e.Advice)
	}
	e.declaration(p)
	e.account(p)
	e.token(p, now)
	e.decision(p)
	e.secret(p, now)
	e.history(p, now)
	return p.text.String()
}

func (e *Explanation) declaration(p *page) {
	p.section("Declared")
	p.field("Client", orDash(e.ClientName))
	p.field("May", mayInWords(e.spec))
	p.field("Token", fmt.Sprintf("%s, lives %s", e.TokenType, terminal.Short(e.ttl.ttl)))
	if e.Delivery == v1alpha1.DeliveryOnDemand {
		p.field("Delivery", "on demand")
		if e.spec.OnDemand != nil {
			p.field("Names to choose", e.spec.OnDemand.ClientNamePattern)
		}
		return
	}
	key := v1alpha1.DefaultTokenKey
	if e.spec.Secret != nil && e.spec.Secret.Key != "" {
		key = string(e.spec.Secret.Key)
	}
	p.field("Delivery", fmt.Sprintf("Secret %s, key %s, renewed %s before it expires", e.SecretName, key, terminal.Short(e.ttl.renewBefore)))
}

// mayInWords says what is declared.
func mayInWords(spec v1alpha1.ClientCapabilitySpec) string {
	var parts []string
	if spec.Incoming {
		parts = append(parts, "receive calls as "+orElse(spec.ClientName, "whom a request names"))
	}
	if out := spec.Outgoing; out != nil {
		parts = append(parts, "place calls through "+out.ApplicationSID+pairs(out.Params))
	}
	if spec.EventStream != nil {
		parts = append(parts, "see the events of the whole account"+pairs(spec.EventStream.Filters))
	}
	return strings.Join(parts, "; ")
}

func pairs[V ~string](params map[string]V) string {
	var written []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		written = append(written, name+"="+string(params[name]))
	}
	if len(written) == 0 {
		return ""
	}
	return " with " + strings.Join(written, ", ")
}

func (e *Explanation) account(p *page) {
	p.section("Account")
	a := e.Account
	switch where := a.Kind + " " + a.Name; {
	case a.State == unread:
		p.field("Is", where+" (you may not read it)")
	case a.Off:
		p.field("Is", where+", and this operator serves no ClusterAccounts")
		return
	case a.State == absent && a.Kind == v1alpha1.ClusterAccountKind:
		p.field("Is", where+", which is not there")
	case a.State == absent:
		p.field("Is", where+", which is not there or has no label "+v1alpha1.AccountLabel+"="+v1alpha1.AccountLabelValue)
	default:
		p.field("Is", where)
	}
	p.field("Account SID", a.AccountSID)
	p.field("API key", a.APIKey)
	p.field("Region", a.Region)
	if a.Signs != nil {
		p.field("Can sign", canSign(a.Signs))
	}
	switch {
	case a.Kind != v1alpha1.ClusterAccountKind:
		p.field("Limits", "none; a ClusterAccount alone has limits")
	case a.State == present:
		p.field("Allows", "namespaces: "+a.Allowed)
		p.field("Limits", strings.Join(limitsInWords(a.Limits, e.Namespace), "; "))
	case a.State == unread:
		p.field("Limits", "its owner's; you may not read them")
	}
	if a.Health != nil && a.Health.Fault {
		p.toned("Fares", a.Health.Reason+": "+a.Health.Message, terminal.Notice)
	}
}

func canSign(types []v1alpha1.TokenType) string {
	if len(types) == 0 {
		return "nothing: it lacks complete credentials of the right form (the AuthToken of an account of another region than us1 does not count)"
	}
	return list(types) + " tokens"
}

func (e *Explanation) token(p *page, now time.Time) {
	if e.Delivery == v1alpha1.DeliveryOnDemand {
		return
	}
	p.section("Token")
	t := e.Token
	if t == nil {
		p.says("There is none for this declaration.")
		return
	}
	p.field("Issued", moment(now, t.IssuedAt.Time))
	tone, name := terminal.Plain, "Expires"
	if !now.Before(t.ExpiresAt.Time) {
		tone, name = terminal.Bad, "Expired"
	}
	p.toned(name, moment(now, t.ExpiresAt.Time), tone)
	switch {
	case t.RenewsAt == nil:
		p.field("Renewal", "none is planned")
	case now.Before(t.RenewsAt.Time):
		p.field("Next renewal", moment(now, t.RenewsAt.Time))
	default:
		p.toned("Next renewal", "was due "+moment(now, t.RenewsAt.Time), terminal.Notice)
	}
	p.field("Signed by", signer(t.SignedBy))
}

// signer says what signed, by the SID of it.
func signer(sid string) string {
	if strings.HasPrefix(sid, "AC") {
		return "the AuthToken of " + sid
	}
	if sid != "" {
		return "the API key " + sid
	}
	return ""
}

func (e *Explanation) decision(p *page) {
	p.section("Decision")
	p.says(e.Decision.Why)
	if e.Decision.Note != "" {
		p.says(e.Decision.Note)
	}
	if e.Decision.From == fromRules {
		p.says("(By the operator's own rules, on what there is now.)")
		return
	}
	if len(e.Decision.Unread) > 0 {
		p.says("(From status: you may not read " + strings.Join(e.Decision.Unread, " and ") + ".)")
	}
}

func (e *Explanation) secret(p *page, now time.Time) {
	v := e.Secret
	if v == nil {
		return
	}
	p.section("Secret " + v.Name)
	switch v.State {
	case absent:
		p.field("Belongs to", "nobody: it is not there")
	case unread:
		p.field("Belongs to", "not known: you may not read it")
	default:
		p.field("Belongs to", v.whose())
		p.field("Also written by", orNone(v.otherWriters(now)))
	}
	if v.OthersUnread {
		p.field("Also wanted by", "not known: you may not list ClientCapabilities")
	} else {
		p.field("Also wanted by", orNone(prefixed(v1alpha1.Kind+"/", v.AlsoWantedBy)))
	}
	if v.Immutable {
		p.toned("Immutable", "yes", terminal.Notice)
	}
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = prefix + name
	}
	return out
}

func (e *Explanation) history(p *page, now time.Time) {
	p.section("Events")
	switch {
	case e.EventsUnread:
		p.says("You may not read them.")
		return
	case len(e.Events) == 0:
		p.says("None are kept. Routine renewals have none.")
		return
	}
	for _, event := range e.Events {
		tone, times := terminal.Plain, ""
		if event.Type != "Normal" {
			tone = terminal.Notice
		}
		if event.Count > 1 {
			times = fmt.Sprintf(" (%d times)", event.Count)
		}
		text := event.Reason + times + ": " + event.Message
		if event.Message == e.Message {
			text = event.Reason + times + ", as told above"
		}
		p.toned(ago(now, event.At.Time), text, tone)
	}
}
