package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// leastLeft is what a token must have left to be handed out: with less it could expire on the way, or in a client that
// just started.
const leastLeft = 30 * time.Second

// claims are the parts of an Access token that say who may do what until when. Nothing here depends on their being true:
// Twilio verifies the token, and this program has no key to.
type claims struct {
	Expires int64 `json:"exp"`
	Grants  struct {
		Identity string `json:"identity"`
		Voice    struct {
			Incoming struct {
				Allow bool `json:"allow"`
			} `json:"incoming"`
			Outgoing struct {
				ApplicationSID string `json:"application_sid"`
			} `json:"outgoing"`
		} `json:"voice"`
	} `json:"grants"`
}

// answer is what the page receives.
type answer struct {
	Token     string    `json:"token"`
	Identity  string    `json:"identity"`
	Incoming  bool      `json:"incoming"`
	Outgoing  bool      `json:"outgoing"`
	ExpiresAt time.Time `json:"expiresAt"`
	// Now lets a page whose clock is wrong compute how long the token lives.
	Now time.Time `json:"now"`
}

// read takes what a token says. Errors have nothing of the token in them.
func read(token string, now time.Time) (answer, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return answer{}, fmt.Errorf("it has %d parts of the 3 that a token has", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return answer{}, errors.New("its middle part is not base64url")
	}
	var said claims
	if err := json.Unmarshal(payload, &said); err != nil {
		return answer{}, errors.New("its middle part is not the JSON of a token")
	}
	if said.Grants.Identity == "" {
		return answer{}, errors.New("it names no identity: set tokenType: Access in the ClientCapability")
	}
	return answer{
		Token: token, Identity: said.Grants.Identity,
		Incoming: said.Grants.Voice.Incoming.Allow, Outgoing: said.Grants.Voice.Outgoing.ApplicationSID != "",
		ExpiresAt: time.Unix(said.Expires, 0).UTC(), Now: now.UTC(),
	}, nil
}
