package capability

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// ParseScope reads the claim scope. What it returns is what the scope says, which
// need not be what [Grant.Validate] allows.
//
// It reads what Twilio's own libraries write: capabilities and parameters in any
// order; a space as %20 or "+", in either layer of encoding; the filters of an
// event stream as params or as appParams; an empty appParams. An outgoing scope
// may leave out the client name, also beside an incoming scope that has one: both
// are the same client's.
//
// It fails with [ErrScope] on anything else, and so on whatever a Grant can't give
// back: an unknown capability or parameter, one that occurs twice, two different
// client names, text that is not UTF-8.
func ParseScope(scope string) (Grant, error) {
	// Beyond ASCII a scope would depend on how a JSON decoder mends bad UTF-8.
	for i := range len(scope) {
		if c := scope[i]; c < ' ' || c > '~' {
			return Grant{}, fmt.Errorf("%w: it has a character that is not percent-encoded", ErrScope)
		}
	}
	var g Grant
	for uri := range strings.SplitSeq(scope, " ") {
		if err := g.readURI(uri); err != nil {
			return Grant{}, fmt.Errorf("%w: %w", ErrScope, err)
		}
	}
	return g, nil
}

// readURI adds one capability to g.
func (g *Grant) readURI(uri string) error {
	name, query, _ := strings.Cut(uri, "?")
	if name != scopeIncoming && name != scopeOutgoing && name != scopeStream {
		return errors.New("a capability is none of incoming, outgoing and event stream")
	}
	params, err := parseQuery(query)
	if err != nil {
		return err
	}
	switch name {
	case scopeIncoming:
		err = g.readIncoming(params)
	case scopeOutgoing:
		err = g.readOutgoing(params)
	case scopeStream:
		err = g.readStream(params)
	}
	// What the readers know, they take out.
	if err == nil && len(params) > 0 {
		err = errors.New("a capability has a parameter that is not known")
	}
	return err
}

func (g *Grant) readIncoming(params map[string]string) error {
	if g.Incoming {
		return errors.New("incoming calls are granted twice")
	}
	g.Incoming = true
	if _, ok := params["clientName"]; !ok {
		return errors.New("incoming calls have no clientName")
	}
	return g.readClientName(params)
}

func (g *Grant) readOutgoing(params map[string]string) error {
	if g.Outgoing != nil {
		return errors.New("outgoing calls are granted twice")
	}
	sid, ok := take(params, "appSid")
	if !ok || sid == "" {
		return errors.New("outgoing calls have no appSid")
	}
	appParams, err := takeQuery(params, "appParams")
	if err != nil {
		return err
	}
	g.Outgoing = &Outgoing{ApplicationSID: sid, Params: appParams}
	return g.readClientName(params)
}

func (g *Grant) readStream(params map[string]string) error {
	if g.EventStream != nil {
		return errors.New("the event stream is granted twice")
	}
	if path, ok := take(params, "path"); !ok || path != eventsPath {
		return errors.New("the event stream's path is not " + eventsPath)
	}
	// Twilio's Python library says params, its Node library appParams. Both at
	// once is neither's, and the second is left over as unknown.
	name := "params"
	if _, ok := params[name]; !ok {
		name = "appParams"
	}
	filters, err := takeQuery(params, name)
	if err != nil {
		return err
	}
	g.EventStream = &EventStream{Filters: filters}
	return nil
}

// readClientName takes the client name, if there is one, and refuses it where
// another capability of the same token names another client.
func (g *Grant) readClientName(params map[string]string) error {
	name, ok := take(params, "clientName")
	if !ok {
		return nil
	}
	if name == "" {
		return errors.New("a clientName is empty")
	}
	if g.ClientName != "" && g.ClientName != name {
		return errors.New("two capabilities have different clientNames")
	}
	g.ClientName = name
	return nil
}

func take(params map[string]string, name string) (value string, ok bool) {
	value, ok = params[name]
	delete(params, name)
	return value, ok
}

// takeQuery takes a parameter whose value is a query string of its own. One that
// is missing and one that is empty are both nil.
func takeQuery(params map[string]string, name string) (map[string]string, error) {
	query, _ := take(params, name)
	if query == "" {
		return nil, nil
	}
	return parseQuery(query)
}

// parseQuery reads a query string: the parameters of a scope URI, or one layer
// further in those of an application. Stricter than url.ParseQuery, which accepts
// repeated names and pairs without "=".
func parseQuery(query string) (map[string]string, error) {
	params := make(map[string]string)
	for pair := range strings.SplitSeq(query, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || strings.Contains(value, "=") {
			return nil, errors.New("a parameter is not of the form name=value")
		}
		name, err := unescape(name)
		if err != nil {
			return nil, err
		}
		value, err = unescape(value)
		if err != nil {
			return nil, err
		}
		if _, ok := params[name]; ok {
			return nil, errors.New("a parameter occurs twice")
		}
		params[name] = value
	}
	return params, nil
}

// unescape undoes percent-encoding and "+" for a space. It hides the error of
// url.QueryUnescape, which quotes the text.
func unescape(s string) (string, error) {
	text, err := url.QueryUnescape(s)
	if err != nil || !utf8.ValidString(text) {
		return "", errors.New("a parameter is not percent-encoded UTF-8")
	}
	return text, nil
}
