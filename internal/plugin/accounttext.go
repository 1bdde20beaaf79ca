package plugin

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

func (s *Session) accountTable(items []AccountItem) terminal.Table {
	wide := s.Format == Wide
	t := terminal.Table{Heads: []string{"ACCOUNT", "ACCOUNT SID", "SIGNS", "READY", "WHY NOT", "USED BY"}}
	if wide {
		t.Heads = append(t.Heads, "API KEY", "SECRET", "NAMESPACES", "LIMITS", "ACCEPTED")
	}
	if s.Namespace == "" {
		t.Heads = append([]string{"NAMESPACE"}, t.Heads...)
	}
	for _, item := range items {
		ready, why := item.ready()
		row := []terminal.Cell{
			{Text: item.String()}, {Text: orDash(item.AccountSID)}, {Text: item.signs()}, ready, why,
			{Text: s.usedBy(item.UsedBy)},
		}
		if wide {
			row = append(row, item.wideCells()...)
		}
		if s.Namespace == "" {
			row = append([]terminal.Cell{{Text: orDash(item.Namespace)}}, row...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (i AccountItem) wideCells() []terminal.Cell {
	limits := "-"
	if i.Kind == v1alpha1.ClusterAccountKind && i.State == present {
		limits = strings.Join(limitsInWords(i.Limits, ""), "; ")
	}
	return []terminal.Cell{{Text: orDash(i.APIKey)}, {Text: orDash(i.Secret)}, {Text: orDash(i.Allowed)}, {Text: limits}, {Text: orDash(i.Accepted)}}
}

func (i AccountItem) signs() string {
	switch {
	case i.Signs == nil:
		return "-"
	case len(i.Signs) == 0:
		return "nothing"
	}
	return strings.ReplaceAll(list(i.Signs), ", ", ",")
}

// ready says whether it can sign, and why not.
func (i AccountItem) ready() (ready, why terminal.Cell) {
	good, bad := terminal.Cell{Text: "True", Tone: terminal.Good}, terminal.Cell{Text: "False", Tone: terminal.Bad}
	switch {
	case i.State == unread:
		return terminal.Cell{Text: "-"}, terminal.Cell{Text: "you may not read it", Tone: terminal.Notice}
	case i.State == absent:
		return bad, terminal.Cell{Text: v1alpha1.ReasonAccountNotFound, Tone: terminal.Bad}
	case i.Health != nil && i.Health.Fault && i.Health.Ready:
		return good, terminal.Cell{Text: i.Health.Reason, Tone: terminal.Notice}
	case i.Health != nil && i.Health.Fault:
		return bad, terminal.Cell{Text: i.Health.Reason, Tone: terminal.Bad}
	case i.Health == nil && len(i.Signs) == 0:
		return bad, terminal.Cell{Text: "no complete credentials", Tone: terminal.Bad}
	}
	return good, terminal.Cell{}
}

// mostUsers are named in a table; of the others it is said how many there are.
const mostUsers = 3

func (s *Session) usedBy(items []ListItem) string {
	if len(items) == 0 {
		return "nobody"
	}
	var names []string
	for _, item := range items[:min(len(items), mostUsers)] {
		name := item.Name
		if s.Namespace == "" {
			name = item.Namespace + "/" + name
		}
		names = append(names, name)
	}
	text := strings.Join(names, ",")
	if more := len(items) - mostUsers; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// accountPages are all that is to be known of some accounts.
func (s *Session) accountPages(items []AccountItem) error {
	for n, item := range items {
		if n > 0 {
			if err := s.write("\n"); err != nil {
				return err
			}
		}
		if err := s.write(s.accountPage(item)); err != nil {
			return err
		}
		if err := s.accountUsers(item); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) accountPage(i AccountItem) string {
	p := s.newPage()
	what := i.Kind + " " + i.Name
	if i.Namespace != "" {
		what += " in " + i.Namespace
	}
	i.headline(p, what)
	if i.Advice != nil {
		p.steps(*i.Advice)
	}
	p.section("Account")
	p.field("Account SID", i.AccountSID)
	p.field("API key", i.APIKey)
	p.field("Region", i.Region)
	if i.Signs != nil {
		p.field("Can sign", canSign(i.Signs))
	}
	p.field("Secret", i.Secret)
	if i.Kind == v1alpha1.ClusterAccountKind && i.State == present {
		p.field("Namespaces", i.Allowed)
		p.field("Limits", orElse(strings.Join(limitsInWords(i.Limits, ""), "; "), "none"))
		p.field("Twilio accepts", acceptance(i.Accepted))
	}
	if k := i.PreviousKey; k != nil {
		p.toned("Former key", fmt.Sprintf("%s; do not delete it at Twilio until %s, for another %s: its tokens may be in use",
			orElse(k.SID, "an AuthToken"), k.InUseUntil.UTC().Format(time.RFC3339), in(s.Clock.Now(), k.InUseUntil.Time)), terminal.Notice)
	}
	where := "in all namespaces"
	if s.Namespace != "" {
		where = "in " + s.Namespace + " (-A looks in all namespaces)"
	}
	p.section("Used by, " + where)
	if len(i.UsedBy) == 0 {
		p.says("nobody")
	}
	p.begin() // the table of users comes below
	return p.text.String()
}

// acceptance says in words what Twilio says of the credentials.
func acceptance(status string) string {
	switch metav1.ConditionStatus(status) {
	case metav1.ConditionTrue:
		return "the credentials"
	case metav1.ConditionFalse:
		return "not the credentials"
	case metav1.ConditionUnknown:
		return "not known: it gives no answer that tells"
	}
	return "not known: it is not asked (spec.verify)"
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (i AccountItem) headline(p *page, what string) {
	switch {
	case i.State == unread:
		p.title(what+": you may not read it; this is what the ClientCapabilities tell", terminal.Notice)
	case i.State == absent:
		p.title(what+" is not there, and ClientCapabilities refer to it", terminal.Bad)
	case i.Health != nil && i.Health.Fault && i.Health.Ready:
		p.title(what+" can sign, but: "+i.Health.Reason, terminal.Notice)
		p.says(i.Health.Message)
	case i.Health != nil && i.Health.Fault:
		p.title(what+" is not Ready: "+i.Health.Reason, terminal.Bad)
		p.says(i.Health.Message)
	case i.Health == nil && len(i.Signs) == 0:
		p.title(what+" can sign nothing: it has no complete credentials of the right form", terminal.Bad)
	default:
		p.title(what+" can sign", terminal.Good)
	}
}

func (s *Session) accountUsers(i AccountItem) error {
	if len(i.UsedBy) == 0 {
		return nil
	}
	t := terminal.Table{Heads: []string{"NAMESPACE", "NAME", "CLIENT", "TYPE", "TTL", "READY", "WHY NOT"}}
	for _, u := range i.UsedBy {
		ready, tone := "True", terminal.Good
		if !u.Ready {
			ready, tone = "False", terminal.Bad
		}
		t.Rows = append(t.Rows, []terminal.Cell{
			{Text: u.Namespace}, {Text: u.Name}, {Text: orDash(u.ClientName)}, {Text: string(u.TokenType)}, {Text: string(u.TTL)},
			{Text: ready, Tone: tone}, {Text: u.why()},
		})
	}
	return t.Write(s.Out, s.Paint, pageIndent)
}
