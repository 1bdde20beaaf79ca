package main

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

const (
	apiKey         = "SK0123456789abcdef0123456789abcdef"
	apiSecret      = "Zk1d2f9a8be34750a1b2d3e4f5968770"
	otherAPISecret = "Yk1d2f9a8be34750a1b2d3e4f5968770"
)

// keyed gives the account an API key beside its AuthToken.
func (s *scene) keyed(secret string) {
	s.events = s.ledger.store(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: "twilio",
			Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
		},
		Data: map[string][]byte{
			"TWILIO_ACCOUNT_SID": []byte(accountSID), "TWILIO_AUTH_TOKEN": []byte(authToken),
			"TWILIO_API_KEY": []byte(apiKey), "TWILIO_API_SECRET": []byte(secret + "\n"),
		},
	}, s.now)
}

func (s *scene) mintAccess(secret string) {
	s.mint(accountSID, secret, func(t *capability.Token, _ *corev1.Secret) { t.Type, t.KeySID = capability.TypeAccess, apiKey })
}

func TestTheLedgerFollowsAnAccessTokenToo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.keyed(apiSecret)
	s.expectNothing()
	s.after(time.Second).declare(func(c *v1alpha1.ClientCapability) { c.Generation, c.Spec.TokenType = 2, v1alpha1.TokenTypeAccess })
	s.after(time.Second).mintAccess(apiSecret)
	s.expect("re-issued", "declaration changed: tokenType Capability → Access (1.0s earlier)")
	s.after(time.Second).keyed(otherAPISecret)
	s.expect("rotated", "the account's API key is a new one")
	s.after(time.Second).mintAccess(otherAPISecret)
	s.expect("re-issued", "the account's API key was rotated (1.0s earlier)")
	if failed := s.tommy().tally.failed; failed > 0 {
		t.Errorf("%d tokens failed verification", failed)
	}
}
