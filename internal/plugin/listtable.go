package plugin

import (
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

func (s *Session) listTable(items []ListItem, now time.Time) terminal.Table {
	wide := s.Format == Wide
	t := terminal.Table{Heads: []string{"NAME", "CLIENT", "CAPABILITIES", "EXPIRES IN", "RENEWS IN", "READY", "WHY NOT"}}
	if wide {
		t.Heads = append(t.Heads, "TYPE", "TTL", "ACCOUNT", "DELIVERY", "SIGNED BY", "MESSAGE")
	}
	if s.Namespace == "" {
		t.Heads = append([]string{"NAMESPACE"}, t.Heads...)
	}
	for _, item := range items {
		row := item.cells(now)
		if wide {
			row = append(row, item.wideCells()...)
		}
		if s.Namespace == "" {
			row = append([]terminal.Cell{{Text: item.Namespace}}, row...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (i ListItem) cells(now time.Time) []terminal.Cell {
	expires, renews := i.times(now)
	ready := terminal.Cell{Text: "True", Tone: terminal.Good}
	why := terminal.Cell{Text: i.why(), Tone: terminal.Notice}
	if !i.Ready {
		ready, why.Tone = terminal.Cell{Text: "False", Tone: terminal.Bad}, terminal.Bad
	}
	return []terminal.Cell{
		{Text: i.Name}, {Text: orDash(i.ClientName)}, {Text: strings.Join(i.Capabilities, ",")},
		expires, renews, ready, why,
	}
}

// times are when the token expires and when it is renewed, as far as there is one.
func (i ListItem) times(now time.Time) (expires, renews terminal.Cell) {
	none := terminal.Cell{Text: "-"}
	if i.Delivery == v1alpha1.DeliveryOnDemand {
		return terminal.Cell{Text: "on demand"}, none
	}
	if i.Token == nil {
		return none, none
	}
	expires = terminal.Cell{Text: in(now, i.Token.ExpiresAt.Time)}
	if !now.Before(i.Token.ExpiresAt.Time) {
		expires = terminal.Cell{Text: "expired", Tone: terminal.Bad}
	}
	switch {
	case i.suspended:
		renews = terminal.Cell{Text: "suspended", Tone: terminal.Notice}
	case i.Token.RenewsAt == nil:
		renews = none
	case now.Before(i.Token.RenewsAt.Time):
		renews = terminal.Cell{Text: in(now, i.Token.RenewsAt.Time)}
	default:
		renews = terminal.Cell{Text: "due", Tone: terminal.Notice}
	}
	return expires, renews
}

func (i ListItem) wideCells() []terminal.Cell {
	delivery, signedBy := string(i.Delivery), ""
	if i.SecretName != "" {
		delivery += "/" + i.SecretName
	}
	if i.Token != nil {
		signedBy = i.Token.SignedBy
	}
	message := i.Message
	if !i.Fault {
		message = ""
	}
	return []terminal.Cell{
		{Text: string(i.TokenType)}, {Text: string(i.TTL)}, {Text: i.Account.String()}, {Text: delivery}, {Text: orDash(signedBy)}, {Text: message},
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
