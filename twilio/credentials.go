package twilio

import (
	"errors"
	"fmt"
	"io"

	"github.com/capability-operator/capability-operator/capability"
)

// Credentials are an account's. There may be an AuthToken, an API key with its
// secret, or both. However they are printed or encoded, nothing of them is shown.
type Credentials struct {
	// AccountSID is the account that they are asked about.
	AccountSID string
	// AuthToken is empty where the account has none here.
	AuthToken string
	// APIKey is the SID of an API key, and APISecret its secret.
	APIKey, APISecret string
	// Region is the region of Twilio that they belong to; empty means us1.
	Region string
}

// redacted is what is shown in place of credentials.
const redacted = "(credentials)"

// String shows nothing.
func (Credentials) String() string { return redacted }

// Format shows nothing, whatever the verb: %d and %#v would get past String.
func (Credentials) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalText shows nothing, to encoding/json and to structured logs.
func (Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// validate checks the form of all that is there. It holds back what can't be
// right, and what would change the URL or the header that it is written to.
func (c Credentials) validate() error {
	checks := []error{capability.ValidateAccountSID(c.AccountSID)}
	if c.AuthToken != "" {
		checks = append(checks, capability.ValidateAuthToken(c.AuthToken))
	}
	if c.APIKey != "" {
		checks = append(checks, capability.ValidateAPIKeySID(c.APIKey), capability.ValidateAPISecret(c.APISecret))
	}
	if c.Region != "" {
		checks = append(checks, capability.ValidateRegion(c.Region))
	}
	if c.AuthToken == "" && c.APIKey == "" {
		checks = append(checks, errors.New("there is neither an AuthToken nor an API key"))
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

// inUS1 reports whether the region is Twilio's first, which need not be named.
func (c Credentials) inUS1() bool { return c.Region == "" || c.Region == us1 }

// questions are one for each credential.
func (c Credentials) questions() []question {
	var all []question
	if c.AuthToken != "" {
		all = append(all, question{
			account: c.AccountSID, username: c.AccountSID, password: c.AuthToken,
			about: "the AuthToken", listing: !c.inUS1(),
		})
	}
	if c.APIKey != "" {
		all = append(all, question{
			account: c.AccountSID, username: c.APIKey, password: c.APISecret,
			about: "the API key " + c.APIKey, isKey: true, listing: true,
		})
	}
	return all
}
