package capability_test

import (
	"fmt"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// The client named tommy may receive calls.
func Example_accessIncoming() {
	const apiSecret = "abcdefghijklmnopqrstuvwxyzABCDEF"
	now := time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC)
	raw, err := capability.Mint(capability.Token{
		Type:       capability.TypeAccess,
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		KeySID:     "SK0123456789abcdef0123456789abcdef",
		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt:   now,
	}, apiSecret)
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := capability.Verify(raw, apiSecret, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Type, "token for", token.Grant.ClientName)
	fmt.Println("may receive calls:", token.Grant.Incoming)
	fmt.Println("until", token.ExpiresAt)
	// Output:
	// Access token for tommy
	// may receive calls: true
	// until 2026-03-14 10:26:53 +0000 UTC
}

// The client may make calls through an application, which is told its team with
// each of them.
func Example_accessOutgoing() {
	raw, err := capability.Mint(capability.Token{
		Type:       capability.TypeAccess,
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		KeySID:     "SK0123456789abcdef0123456789abcdef",
		Grant: capability.Grant{
			ClientName: "tommy",
			Outgoing: &capability.Outgoing{
				ApplicationSID: "AP0123456789abcdef0123456789abcdef",
				Params:         map[string]string{"team": "support"},
			},
		},
		IssuedAt: time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC),
	}, "abcdefghijklmnopqrstuvwxyzABCDEF")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := capability.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Grant.Outgoing.ApplicationSID, token.Grant.Outgoing.Params)
	// Output:
	// AP0123456789abcdef0123456789abcdef map[team:support]
}

// An API key that was made in Ireland works there alone, so its tokens name the
// region.
func Example_accessInARegion() {
	raw, err := capability.Mint(capability.Token{
		Type:       capability.TypeAccess,
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		KeySID:     "SK0123456789abcdef0123456789abcdef",
		Region:     "ie1",
		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt:   time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC),
	}, "abcdefghijklmnopqrstuvwxyzABCDEF")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := capability.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.KeySID, "of", token.Region)
	// Output:
	// SK0123456789abcdef0123456789abcdef of ie1
}

// A phone's app is woken for incoming calls by way of a push credential.
func Example_accessWithAPushCredential() {
	raw, err := capability.Mint(capability.Token{
		Type:       capability.TypeAccess,
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		KeySID:     "SK0123456789abcdef0123456789abcdef",
		Grant: capability.Grant{
			ClientName:        "tommy",
			Incoming:          true,
			PushCredentialSID: "CR0123456789abcdef0123456789abcdef",
		},
		IssuedAt: time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC),
	}, "abcdefghijklmnopqrstuvwxyzABCDEF")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := capability.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Grant.PushCredentialSID)
	// Output:
	// CR0123456789abcdef0123456789abcdef
}

// What one type can't carry is refused with the other one's name.
func ExampleGrant_ValidateFor() {
	grant := capability.Grant{EventStream: &capability.EventStream{}}
	fmt.Println(grant.ValidateFor(capability.TypeCapability))
	fmt.Println(grant.ValidateFor(capability.TypeAccess))
	// Output:
	// <nil>
	// capability: grant is not valid: an Access token can't carry the event stream; use type Capability for it
}
