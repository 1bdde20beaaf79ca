package capability

import "maps"

// Grant is what the holder of a token may do. At least one of Incoming, Outgoing
// and EventStream is needed to mint one; see [Grant.Validate].
type Grant struct {
	// ClientName is who the holder is to Twilio: the name that <Client> dials, and
	// the caller of outgoing calls ("client:tommy"). Incoming needs it, Outgoing
	// carries it when it is set, EventStream has no place for it. An Access token
	// always needs it, and calls it the identity. It is personal data.
	ClientName string

	// Incoming lets the holder receive the calls that are made to ClientName.
	Incoming bool

	// Outgoing, if not nil, lets the holder make calls through an application.
	Outgoing *Outgoing

	// EventStream, if not nil, lets the holder subscribe to the account's events:
	// those of the whole account, not only of this client. Capability tokens only.
	EventStream *EventStream

	// PushCredentialSID, if not empty, is what wakes a phone's app for an incoming
	// call: "CR" and 32 hexadecimal digits. Access tokens only.
	PushCredentialSID string
}

// Outgoing is permission to make calls.
type Outgoing struct {
	// ApplicationSID is the TwiML application that answers each call: "AP" and 32
	// hexadecimal digits.
	ApplicationSID string

	// Params are passed to the application's voice URL with each call. Unlike
	// what the client itself sends, the holder can't change them.
	Params map[string]string
}

// EventStream is permission to subscribe to the account's events.
type EventStream struct {
	// Filters narrow the events. None means all of them.
	Filters map[string]string
}

// Equal reports whether g and other grant the same. Nil and empty maps are the
// same; a nil Outgoing or EventStream and an empty one are not.
func (g Grant) Equal(other Grant) bool {
	if g.ClientName != other.ClientName || g.Incoming != other.Incoming || g.PushCredentialSID != other.PushCredentialSID {
		return false
	}
	if (g.Outgoing == nil) != (other.Outgoing == nil) || (g.EventStream == nil) != (other.EventStream == nil) {
		return false
	}
	if g.Outgoing != nil && (g.Outgoing.ApplicationSID != other.Outgoing.ApplicationSID ||
		!maps.Equal(g.Outgoing.Params, other.Outgoing.Params)) {
		return false
	}
	return g.EventStream == nil || maps.Equal(g.EventStream.Filters, other.EventStream.Filters)
}
