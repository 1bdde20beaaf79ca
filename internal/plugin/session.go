package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/internal/terminal"
)

// Session is one call of a command: who calls, about which namespace, when, and
// where the answer goes.
type Session struct {
	// API reads and writes as the caller.
	API client.WithWatch
	// Tokens reaches the API that gives out tokens on demand, as the caller.
	Tokens rest.Interface
	// Namespace is where objects are looked for; empty for all namespaces.
	Namespace string
	// Clock is the only source of time.
	Clock clock.PassiveClock
	// Out takes the answer, Err what is said beside it.
	Out, Err io.Writer
	// Paint colours what goes to Out.
	Paint terminal.Painter
	// Format is how the answer is written.
	Format Format
	// NoHeaders leaves the heads of tables out.
	NoHeaders bool
}

// Format is how an answer is written. The empty one is for people.
type Format string

// The formats that there are besides.
const (
	Wide Format = "wide" // for people with much room
	JSON Format = "json"
	YAML Format = "yaml"
)

// forPrograms reports whether the answer is written whole, as data.
func (f Format) forPrograms() bool { return f == JSON || f == YAML }

// print writes the answer as data.
func (s *Session) print(answer any) error {
	var text bytes.Buffer
	var err error
	if s.Format == YAML {
		var raw []byte
		raw, err = yaml.Marshal(answer)
		text.Write(raw)
	} else {
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false) // a scope has an & in it
		encoder.SetIndent("", "    ")
		err = encoder.Encode(answer)
	}
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	return s.write(text.String())
}

func (s *Session) write(text string) error {
	if _, err := io.WriteString(s.Out, text); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// table writes rows below their heads.
func (s *Session) table(t terminal.Table) error {
	if s.NoHeaders {
		t.Heads = nil
	}
	return t.Write(s.Out, s.Paint, "")
}

// in says how long it is from now to a moment, as kubectl writes it.
func in(now, at time.Time) string { return duration.HumanDuration(max(0, at.Sub(now))) }

// ago is the same for what is past.
func ago(now, at time.Time) string { return in(at, now) + " ago" }

// moment is a time in both ways.
func moment(now, at time.Time) string {
	written := at.UTC().Format(time.RFC3339)
	if at.After(now) {
		return "in " + in(now, at) + ", at " + written
	}
	return ago(now, at) + ", at " + written
}

// orNone is the list in words.
func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
