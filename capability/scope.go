package capability

// The three capabilities that a scope can name, and the only stream there is.
const (
	scopeIncoming = "scope:client:incoming"
	scopeOutgoing = "scope:client:outgoing"
	scopeStream   = "scope:stream:subscribe"
	eventsPath    = "/2010-04-01/Events"
)

// Scope writes g as the claim scope: one URI for each capability, in the order
// incoming, outgoing, event stream, joined by single spaces.
//
//	scope:client:incoming?clientName=tommy
//	scope:client:outgoing?appParams=team%3Dsupport&appSid=AP…&clientName=tommy
//	scope:stream:subscribe?params=kind%3Dcall&path=%2F2010-04-01%2FEvents
//
// Parameters stand in alphabetical order; appParams and params are left out when
// they are empty, clientName when it is not set. Values are percent-encoded but
// for A-Z a-z 0-9 - _ . and ~, a space as %20. The values of appParams and params
// are query strings of their own, sorted by name, and so are encoded twice.
//
// Equal grants give the same text. That of a grant which [Grant.Validate] refuses
// means nothing.
func (g Grant) Scope() string {
	return string(g.appendScope(nil))
}

func (g Grant) appendScope(dst []byte) []byte {
	start := len(dst)
	if g.Incoming {
		dst = append(dst, scopeIncoming+"?clientName="...)
		dst = appendEscaped(dst, g.ClientName)
	}
	if g.Outgoing != nil {
		dst = appendSpace(dst, start)
		dst = g.appendOutgoing(dst)
	}
	if g.EventStream != nil {
		dst = appendSpace(dst, start)
		dst = append(dst, scopeStream+"?"...)
		if len(g.EventStream.Filters) > 0 {
			dst = append(dst, "params="...)
			dst = appendQuery(dst, g.EventStream.Filters)
			dst = append(dst, '&')
		}
		dst = append(dst, "path="...)
		dst = appendEscaped(dst, eventsPath)
	}
	return dst
}

func (g Grant) appendOutgoing(dst []byte) []byte {
	dst = append(dst, scopeOutgoing+"?"...)
	if len(g.Outgoing.Params) > 0 {
		dst = append(dst, "appParams="...)
		dst = appendQuery(dst, g.Outgoing.Params)
		dst = append(dst, '&')
	}
	dst = append(dst, "appSid="...)
	dst = appendEscaped(dst, g.Outgoing.ApplicationSID)
	if g.ClientName != "" {
		dst = append(dst, "&clientName="...)
		dst = appendEscaped(dst, g.ClientName)
	}
	return dst
}

func appendSpace(dst []byte, start int) []byte {
	if len(dst) == start {
		return dst
	}
	return append(dst, ' ')
}

// appendQuery appends params as a query string that is itself a percent-encoded
// value.
func appendQuery(dst []byte, params map[string]string) []byte {
	var room [512]byte // most query strings fit, and then cost no allocation
	query := room[:0]
	for _, name := range sortedNames(params) {
		if len(query) > 0 {
			query = append(query, '&')
		}
		query = appendEscaped(query, name)
		query = append(query, '=')
		query = appendEscaped(query, params[name])
	}
	return appendEscaped(dst, query)
}

// appendEscaped percent-encodes all but RFC 3986's unreserved characters.
// url.QueryEscape would write a space as "+", which url.PathEscape and Twilio's
// Node library do not read as one.
func appendEscaped[T string | []byte](dst []byte, s T) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

func isUnreserved(c byte) bool {
	return isAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~'
}
