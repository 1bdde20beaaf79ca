package plugin

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// Inspection is what the token in a Secret says; never the token itself.
type Inspection struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Secret    string `json:"secretName"`
	Key       string `json:"key"`
	// Malformed says why there is nothing to be read in what the Secret holds.
	Malformed string `json:"malformed,omitempty"`

	TokenType  string    `json:"tokenType,omitempty"`
	AccountSID string    `json:"accountSID,omitempty"`
	SignedBy   string    `json:"signedBy,omitempty"`
	Region     string    `json:"region,omitempty"`
	IssuedAt   time.Time `json:"issuedAt,omitzero"`
	ExpiresAt  time.Time `json:"expiresAt,omitzero"`
	Expired    bool      `json:"expired"`
	// Scopes are what a Capability token permits, as its claim has them.
	Scopes []string `json:"scopes,omitempty"`
	// Claims are those of the token as they stand there.
	Claims json.RawMessage `json:"claims,omitempty"`

	// Signature is Verified, Wrong or Unchecked, and SignatureNote says why.
	Signature     string `json:"signature,omitempty"`
	SignatureNote string `json:"signatureNote,omitempty"`
	// Differences are the fields in which the token is not what is declared.
	Differences []string `json:"differences,omitempty"`

	token capability.Token
}

// What is known of a signature.
const (
	verified  = "Verified"
	wrong     = "Wrong"
	unchecked = "Unchecked"
)

// Inspect writes what the token in the ClientCapability's Secret says, or with raw
// the token and nothing else. Its error is ErrFault where the token is not good.
func (s *Session) Inspect(ctx context.Context, name string, raw bool) error {
	f, err := s.gather(ctx, name)
	if err != nil {
		return err
	}
	held, err := f.heldToken()
	if err != nil {
		return err
	}
	if raw {
		return s.write(held + "\n")
	}
	i := s.inspect(f, held)
	if s.Format.forPrograms() {
		err = s.print(i)
	} else {
		err = s.write(s.inspection(i))
	}
	if err == nil && !i.good() {
		return ErrFault
	}
	return err
}

// heldToken is what stands where the token should.
func (f *facts) heldToken() (string, error) {
	c := f.capability
	secret, explain := c.SecretName(), fmt.Sprintf("kubectl capability explain %s -n %s", c.Name, c.Namespace)
	switch {
	case f.secretUnread:
		return "", fmt.Errorf("you may not get the Secret %s in the namespace %s, which holds the token; what status says of it is shown by: %s", secret, c.Namespace, explain)
	case f.secret == nil && c.IsOnDemand():
		return "", fmt.Errorf("no Secret holds a token of %s: each is asked for, with: kubectl capability token %s -n %s", c.Name, c.Name, c.Namespace)
	case f.secret == nil:
		return "", fmt.Errorf("there is no Secret %s in the namespace %s; why is shown by: %s", secret, c.Namespace, explain)
	case !f.ours():
		return "", fmt.Errorf("the Secret %s does not belong to ClientCapability %s, so it is not looked into; more is shown by: %s", secret, c.Name, explain)
	case len(f.secret.Data[c.TokenKey()]) == 0:
		return "", fmt.Errorf("the Secret %s has nothing under the key %s; why is shown by: %s", secret, c.TokenKey(), explain)
	}
	return string(f.secret.Data[c.TokenKey()]), nil
}

func (i *Inspection) good() bool {
	return i.Malformed == "" && !i.Expired && i.Signature != wrong && len(i.Differences) == 0
}

func (s *Session) inspect(f *facts, raw string) *Inspection {
	c := f.capability
	i := &Inspection{Namespace: c.Namespace, Name: c.Name, Secret: c.SecretName(), Key: c.TokenKey()}
	var err error
	if i.token, err = capability.Parse(raw); err != nil {
		i.Malformed = strings.TrimPrefix(err.Error(), "capability: ") // which repeats nothing of the text
		return i
	}
	t, now := i.token, s.Clock.Now()
	i.TokenType, i.AccountSID, i.Region = t.Type.String(), t.AccountSID, t.Region
	i.SignedBy = t.AccountSID
	if t.Type == capability.TypeAccess {
		i.SignedBy = t.KeySID
	}
	i.IssuedAt, i.ExpiresAt, i.Expired = t.IssuedAt, t.ExpiresAt, !now.Before(t.ExpiresAt)
	if t.Type == capability.TypeCapability {
		i.Scopes = strings.Fields(t.Grant.Scope())
	}
	i.Claims = claimsOf(raw)
	i.Signature, i.SignatureNote = f.verify(raw, t)
	i.Differences = differences(t, issuance.Wanted(c, f.account, now), f.account.SID.Value != "")
	return i
}

// claimsOf is the middle segment of a token that could be parsed. Without the last
// one, the signature, nobody is let in by it.
func claimsOf(raw string) json.RawMessage {
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	if err != nil {
		return nil
	}
	return claims
}

// verify checks the signature as of the token's issue: that it has expired since is
// told beside it.
func (f *facts) verify(raw string, t capability.Token) (state, note string) {
	key, whose := f.account.AuthToken.Value, "the account's present AuthToken"
	switch {
	case f.accountUnread:
		return unchecked, "you may not read the account's credentials"
	case !f.account.Found:
		return unchecked, "the account has no credentials at present"
	case t.Type == capability.TypeAccess:
		if t.KeySID != f.account.APIKey.Value {
			return wrong, "another API key signed it than the account has now"
		}
		key, whose = f.account.APISecret.Value, "the secret of the account's present API key"
	}
	switch _, err := capability.Verify(raw, key, t.IssuedAt); {
	case errors.Is(err, capability.ErrCredentials):
		return unchecked, whose + " is not of the form of one"
	case errors.Is(err, capability.ErrSignature):
		return wrong, whose + " did not sign it: that was changed, or the token was edited"
	case err != nil:
		return wrong, strings.TrimPrefix(err.Error(), "capability: ")
	}
	return verified, "by " + whose
}

// differences are the fields of the declaration that the token does not keep to.
func differences(held, wanted capability.Token, accountKnown bool) []string {
	var fields []string
	differ := func(is bool, field string) {
		if is {
			fields = append(fields, field)
		}
	}
	differ(held.Type != wanted.Type, "spec.tokenType")
	differ(accountKnown && held.AccountSID != wanted.AccountSID, "spec.accountRef")
	h, w := held.Grant, wanted.Grant
	differ(h.ClientName != w.ClientName, "spec.clientName")
	differ(h.Incoming != w.Incoming, "spec.incoming")
	differ(!capability.Grant{Outgoing: h.Outgoing}.Equal(capability.Grant{Outgoing: w.Outgoing}), "spec.outgoing")
	differ(!capability.Grant{EventStream: h.EventStream}.Equal(capability.Grant{EventStream: w.EventStream}), "spec.eventStream")
	differ(h.PushCredentialSID != w.PushCredentialSID, "spec.pushCredentialSID")
	differ(held.ExpiresAt.Sub(held.IssuedAt) != wanted.ExpiresAt.Sub(wanted.IssuedAt), "spec.ttl")
	return fields
}

// indented is JSON as people read it.
func indented(raw json.RawMessage, indent string) string {
	var out bytes.Buffer
	if json.Indent(&out, raw, indent, "  ") != nil {
		return string(raw)
	}
	return out.String()
}
