package plugin

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

// inspection is the page: whether the token is good, then what it says.
func (s *Session) inspection(i *Inspection) string {
	p := s.newPage()
	what := fmt.Sprintf("The token of ClientCapability %s in %s (Secret %s, key %s)", i.Name, i.Namespace, i.Secret, i.Key)
	explain := fmt.Sprintf("kubectl capability explain %s -n %s", i.Name, i.Namespace)
	switch problems := i.problems(); {
	case i.Malformed != "":
		p.title(what+" can't be read", terminal.Bad)
		p.says("What the Secret holds is no token: " + i.Malformed + ". The operator replaces it; why it has not is shown by:")
		p.command(explain)
		return p.text.String()
	case len(problems) > 0:
		p.title(what+" is not good: "+strings.Join(problems, "; "), terminal.Bad)
		p.says("Why it has not been replaced is shown by:")
		p.command(explain)
	case i.Signature == unchecked:
		p.title(what+" says what is declared; its signature was not checked", terminal.Notice)
	default:
		p.title(what+" is good", terminal.Good)
	}
	i.header(p, s)
	i.permits(p)
	p.section("Claims")
	for line := range strings.SplitSeq(pageIndent+indented(i.Claims, pageIndent), "\n") {
		p.line(terminal.Plain, terminal.Printable(line))
	}
	return p.text.String()
}

func (i *Inspection) problems() []string {
	var problems []string
	if i.Expired {
		problems = append(problems, "it has expired")
	}
	if i.Signature == wrong {
		problems = append(problems, "its signature is not the account's")
	}
	if len(i.Differences) > 0 {
		problems = append(problems, "it differs from the declaration in "+strings.Join(i.Differences, ", "))
	}
	return problems
}

func (i *Inspection) header(p *page, s *Session) {
	now := s.Clock.Now()
	p.section("Token")
	p.field("Type", i.TokenType)
	p.field("Account SID", i.AccountSID)
	p.field("Signed by", signer(i.SignedBy))
	p.field("Region", i.Region)
	if i.IssuedAt.IsZero() {
		p.field("Issued", "it does not say")
	} else {
		p.field("Issued", moment(now, i.IssuedAt))
	}
	if i.Expired {
		p.toned("Expired", moment(now, i.ExpiresAt), terminal.Bad)
	} else {
		p.field("Expires", moment(now, i.ExpiresAt))
	}
	tone := map[string]terminal.Tone{verified: terminal.Good, wrong: terminal.Bad, unchecked: terminal.Notice}[i.Signature]
	p.toned("Signature", strings.ToLower(i.Signature)+": "+i.SignatureNote, tone)
}

// permits are the scopes taken apart, or the grants of an Access token.
func (i *Inspection) permits(p *page) {
	if i.token.Type == capability.TypeCapability {
		p.section("Scopes")
		for _, scope := range i.Scopes {
			name, query, _ := strings.Cut(scope, "?")
			p.says(name)
			scopeParams(p, query)
		}
		return
	}
	p.section("Grants")
	g := i.token.Grant
	p.field("identity", g.ClientName)
	p.field("incoming", yesOrNo(g.Incoming))
	if g.Outgoing != nil {
		p.field("outgoing", g.Outgoing.ApplicationSID+pairs(g.Outgoing.Params))
	}
	p.field("push credential", g.PushCredentialSID)
}

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// scopeParams are the parameters of a scope, decoded, and those that are query
// strings themselves once more.
func scopeParams(p *page, query string) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := values.Get(name)
		if inner, err := url.ParseQuery(value); err == nil && (name == "appParams" || name == "params") {
			var parts []string
			for key := range inner {
				parts = append(parts, key+"="+inner.Get(key))
			}
			slices.Sort(parts)
			value = strings.Join(parts, ", ")
		}
		p.field("  "+name, value)
	}
}
