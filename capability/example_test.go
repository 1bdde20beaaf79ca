package capability_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// The client named tommy may receive calls.
func Example_incoming() {
	raw, err := capability.Mint(capability.Token{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt:   time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC),
	}, "0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := capability.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Grant.Scope())
	fmt.Println("until", token.ExpiresAt)
	// Output:
	// scope:client:incoming?clientName=tommy
	// until 2026-03-14 10:26:53 +0000 UTC
}

// The client may make calls through an application, which is told its team with
// each of them.
func Example_outgoing() {
	raw, err := capability.Mint(capability.Token{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		Grant: capability.Grant{Outgoing: &capability.Outgoing{
			ApplicationSID: "AP0123456789abcdef0123456789abcdef",
			Params:         map[string]string{"team": "support"},
		}},
		IssuedAt: time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC),
	}, "0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := capability.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Grant.Scope())
	fmt.Println(token.Grant.Outgoing.ApplicationSID, token.Grant.Outgoing.Params)
	// Output:
	// scope:client:outgoing?appParams=team%3Dsupport&appSid=AP0123456789abcdef0123456789abcdef
	// AP0123456789abcdef0123456789abcdef map[team:support]
}

// One token may hold several capabilities. With a client name, outgoing calls come
// from that client.
func Example_incomingAndOutgoing() {
	raw, err := capability.Mint(capability.Token{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		Grant: capability.Grant{
			ClientName: "tommy",
			Incoming:   true,
			Outgoing:   &capability.Outgoing{ApplicationSID: "AP0123456789abcdef0123456789abcdef"},
		},
		IssuedAt: time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC),
	}, "0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := capability.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Grant.Scope())
	// Output:
	// scope:client:incoming?clientName=tommy scope:client:outgoing?appSid=AP0123456789abcdef0123456789abcdef&clientName=tommy
}

// A token that lives for ten minutes instead of an hour.
func Example_tenMinutes() {
	now := time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC)
	raw, err := capability.Mint(capability.Token{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt:   now,
		ExpiresAt:  now.Add(10 * time.Minute),
	}, "0123456789abcdef0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := capability.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.ExpiresAt.Sub(token.IssuedAt))
	// Output:
	// 10m0s
}

// A token that lives for five seconds, for a client that connects at once. It is
// not valid any more in the second of its expiry.
func Example_fiveSeconds() {
	const authToken = "0123456789abcdef0123456789abcdef"
	now := time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC)
	raw, err := capability.Mint(capability.Token{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt:   now,
		ExpiresAt:  now.Add(5 * time.Second),
	}, authToken)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = capability.Verify(raw, authToken, now.Add(4*time.Second))
	fmt.Println("after 4 s:", err)
	_, err = capability.Verify(raw, authToken, now.Add(5*time.Second))
	fmt.Println("after 5 s:", err)
	// Output:
	// after 4 s: <nil>
	// after 5 s: capability: token has expired
}

// A receiver that holds the key tells the reasons for a refusal apart.
func ExampleVerify() {
	const authToken = "0123456789abcdef0123456789abcdef"
	now := time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC)
	raw, err := capability.Mint(capability.Token{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt:   now,
	}, authToken)
	if err != nil {
		fmt.Println(err)
		return
	}
	const rotated = "fedcba9876543210fedcba9876543210"
	_, err = capability.Verify(raw, rotated, now)
	switch {
	case errors.Is(err, capability.ErrSignature):
		fmt.Println("signed with another key, or changed since")
	case errors.Is(err, capability.ErrExpired):
		fmt.Println("authentic, but its time is over")
	case err != nil:
		fmt.Println("not a token to be accepted:", err)
	}
	// Output:
	// signed with another key, or changed since
}

// A whole day is a second shorter, since Twilio refuses 86,400 seconds.
func ExampleLifetime() {
	fmt.Println(capability.Lifetime(10 * time.Minute))
	fmt.Println(capability.Lifetime(24 * time.Hour))
	// Output:
	// 10m0s
	// 23h59m59s
}

// What a scope grants, as Twilio's Python library writes it.
func ExampleParseScope() {
	grant, err := capability.ParseScope("scope:client:outgoing?" +
		"appParams=team%3Dhelp%2Bdesk&appSid=AP0123456789abcdef0123456789abcdef&clientName=tommy")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(grant.ClientName, grant.Outgoing.ApplicationSID, grant.Outgoing.Params)
	// Output:
	// tommy AP0123456789abcdef0123456789abcdef map[team:help desk]
}
