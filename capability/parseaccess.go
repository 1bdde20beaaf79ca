package capability

import (
	"errors"
	"fmt"
	"strings"
)

// readGrants reads the claim grants of an Access token into c. What it can't give
// back it refuses with [ErrScope], as [ParseScope] does: grants of other products,
// an endpoint_id, an incoming that allows nothing.
func (c *claims) readGrants(m members) error {
	if !m.has("grants") {
		return fmt.Errorf("%w: claims: there are no grants", ErrMalformed)
	}
	if err := c.Grant.readGrants(m); err != nil {
		return fmt.Errorf("%w: grants: %w", ErrScope, err)
	}
	return nil
}

func (g *Grant) readGrants(claims members) error {
	m, err := claims.object("grants")
	if err != nil {
		return err
	}
	if !m.only("identity", "voice") {
		return errors.New("there are others than identity and voice")
	}
	// twilio-python leaves out an identity that is not set.
	identity, ok := m.text("identity")
	if m.has("identity") && (!ok || identity == "") {
		return errors.New("identity is not a text, or it is empty")
	}
	g.ClientName = identity
	voice, err := m.object("voice")
	if err != nil {
		return fmt.Errorf("voice: %w", err)
	}
	if !voice.only("incoming", "outgoing", "push_credential_sid") {
		return errors.New("voice has others than incoming, outgoing and push_credential_sid")
	}
	if err := g.readAllowed(voice); err != nil {
		return err
	}
	g.PushCredentialSID, ok = voice.text("push_credential_sid")
	if voice.has("push_credential_sid") && (!ok || g.PushCredentialSID == "") {
		return errors.New("push_credential_sid is not a text, or it is empty")
	}
	if !voice.has("outgoing") {
		return nil
	}
	g.Outgoing, err = readOutgoing(voice)
	return err
}

// readAllowed reads voice.incoming. Twilio's libraries write it only where it
// allows something.
func (g *Grant) readAllowed(voice members) error {
	if !voice.has("incoming") {
		return nil
	}
	m, err := voice.object("incoming")
	if err != nil {
		return fmt.Errorf("incoming: %w", err)
	}
	if !m.only("allow") || string(m["allow"]) != "true" {
		return errors.New("incoming is not an allow of true alone")
	}
	g.Incoming = true
	return nil
}

func readOutgoing(voice members) (*Outgoing, error) {
	m, err := voice.object("outgoing")
	if err != nil {
		return nil, fmt.Errorf("outgoing: %w", err)
	}
	if !m.only("application_sid", "params") {
		return nil, errors.New("outgoing has others than application_sid and params")
	}
	sid, ok := m.text("application_sid")
	if !ok || sid == "" {
		return nil, errors.New("outgoing has no application_sid")
	}
	o := &Outgoing{ApplicationSID: sid}
	if !m.has("params") {
		return o, nil
	}
	params, err := m.object("params")
	if err != nil {
		return nil, fmt.Errorf("params: %w", err)
	}
	if len(params) > 0 {
		o.Params = make(map[string]string, len(params))
	}
	for name := range params {
		if o.Params[name], ok = params.text(name); !ok {
			return nil, errors.New("one of the params is not a text")
		}
	}
	return o, nil
}

// isJTI reports whether jti is the name that Twilio's libraries give to a token of
// this key: the key and the second in which it was made. They read the clock once
// for it and once for iat, so the two may differ.
func isJTI(jti, keySID string) bool {
	second, ok := strings.CutPrefix(jti, keySID+"-")
	if !ok || second == "" || len(second) > len("253402300799") {
		return false
	}
	for i := range len(second) {
		if !isDigit(second[i]) {
			return false
		}
	}
	return true
}
