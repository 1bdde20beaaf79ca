package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

const (
	accountSID     = "AC0123456789abcdef0123456789abcdef"
	otherSID       = "ACfedcba9876543210fedcba9876543210"
	authToken      = "0123456789abcdef0123456789abcdef"
	nextToken      = "fedcba9876543210fedcba9876543210"
	theOperator    = "manager"
	applicationSID = "AP0123456789abcdef0123456789abcdef"
)

var start = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// scene is a cluster as the demo's watches tell of it: tommy, whose tokens live for 30 seconds, and his account.
type scene struct {
	t      *testing.T
	ledger *ledger
	now    time.Time
	object *v1alpha1.ClientCapability
	secret *corev1.Secret
	events []event
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, ledger: newLedger(), now: start}
	s.object = &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "tommy", Generation: 1},
		Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: v1alpha1.AccountReference{Name: "twilio"},
			ClientName: "tommy", Incoming: true, TTL: "30s",
		},
	}
	s.account(accountSID, authToken)
	s.declare(func(*v1alpha1.ClientCapability) {})
	s.mint(accountSID, authToken, nil)
	return s
}

func (s *scene) after(d time.Duration) *scene {
	s.now = s.now.Add(d)
	return s
}

func (s *scene) account(sid, auth string) {
	s.events = s.ledger.store(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: "twilio",
			Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
		},
		Data: map[string][]byte{"TWILIO_ACCOUNT_SID": []byte(sid), "TWILIO_AUTH_TOKEN": []byte(auth + "\n")},
	}, s.now)
}

func (s *scene) declare(change func(*v1alpha1.ClientCapability)) {
	s.object = s.object.DeepCopy()
	change(s.object)
	s.events = s.ledger.declare(s.object, s.now)
}

// mint has the operator write a token of the present time, changed as the caller likes.
func (s *scene) mint(sid, auth string, change func(*capability.Token, *corev1.Secret)) {
	s.t.Helper()
	token := capability.Token{
		AccountSID: sid, Grant: capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt: s.now, ExpiresAt: s.now.Add(30 * time.Second),
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: s.object.SecretName(), Annotations: map[string]string{}},
		Type:       v1alpha1.SecretType,
	}
	if change != nil {
		change(&token, secret)
	}
	raw, err := capability.Mint(token, auth)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(secret, s.object.TokenKey(), raw, theOperator)
}

func (s *scene) write(secret *corev1.Secret, key, content, manager string) {
	fields := metav1.FieldsV1{}
	fields.SetRawBytes([]byte(fmt.Sprintf(`{"f:data":{".":{},"f:%s":{}}}`, key)))
	secret.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: manager, FieldsV1: &fields}}
	secret.Data = map[string][]byte{key: []byte(content)}
	s.secret = secret
	s.events = s.ledger.store(secret, s.now)
}

// announce has status say when the present token will be replaced.
func (s *scene) announce(renewsAt time.Time) {
	issued := s.tommy().token.says.IssuedAt
	s.declare(func(c *v1alpha1.ClientCapability) {
		c.Status.Token = &v1alpha1.TokenStatus{IssuedAt: metav1.NewTime(issued), RenewsAt: new(metav1.NewTime(renewsAt))}
	})
}

func (s *scene) removeSecret(name string) {
	s.events = s.ledger.remove(types.NamespacedName{Namespace: "default", Name: name}, s.now)
}

func (s *scene) tommy() *object {
	return s.ledger.objects[types.NamespacedName{Namespace: "default", Name: "tommy"}]
}

func (s *scene) expect(what, detail string) {
	s.t.Helper()
	if len(s.events) != 1 || s.events[0].what != what || !strings.Contains(s.events[0].detail, detail) {
		s.t.Errorf("got events %+v, want one %q with %q", s.events, what, detail)
	}
}

func (s *scene) expectNothing() {
	s.t.Helper()
	if len(s.events) != 0 {
		s.t.Errorf("got events %+v, want none", s.events)
	}
}

func TestTheLedgerSaysWhyATokenIsNew(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens      func(*scene)
		what, detail string
	}{
		"the first one is issued": {func(*scene) {}, "issued", "for 30s: receive as tommy"},
		"one that was due is renewed": {func(s *scene) {
			s.announce(start.Add(18 * time.Second))
			s.after(18*time.Second).mint(accountSID, authToken, nil)
		}, "renewed", "for 30s, with 12s left"},
		"one whose time status did not announce yet is renewed": {func(s *scene) {
			s.after(18*time.Second).mint(accountSID, authToken, nil)
		}, "renewed", "with 12s left"},
		"one that came after the old one's expiry is renewed too late": {func(s *scene) {
			s.ledger.check(s.after(30 * time.Second).now)
			s.after(time.Second).mint(accountSID, authToken, nil)
		}, "renewed", "1.0s too late"},
		"one that nothing explains came before it was due": {func(s *scene) {
			s.announce(start.Add(18 * time.Second))
			s.after(9*time.Second).mint(accountSID, authToken, nil)
		}, "re-issued", "before it was due"},
		"the account's AuthToken was rotated": {func(s *scene) {
			s.after(time.Second).account(accountSID, nextToken)
			s.after(700*time.Millisecond).mint(accountSID, nextToken, nil)
		}, "re-issued", "the account's AuthToken was rotated (700ms earlier)"},
		"the account became another one": {func(s *scene) {
			s.after(time.Second).account(otherSID, nextToken)
			s.after(time.Second).mint(otherSID, nextToken, nil)
		}, "re-issued", "the account is another one"},
		"the Secret was deleted": {func(s *scene) {
			s.after(time.Second).removeSecret("tommy")
			s.after(time.Second).mint(accountSID, authToken, nil)
		}, "re-issued", "its Secret was deleted (1.0s earlier)"},
		"the token was taken out of the Secret": {func(s *scene) {
			s.after(time.Second).write(s.secret.DeepCopy(), "other", "x", "kubectl-edit")
			s.after(time.Second).mint(accountSID, authToken, nil)
		}, "re-issued", "the token was taken out of its Secret"},
		"the Secret was edited": {func(s *scene) {
			s.after(time.Second).write(s.secret.DeepCopy(), "token", "junk", "kubectl-edit")
			s.after(time.Second).mint(accountSID, authToken, nil)
		}, "re-issued", "its Secret was edited by hand (1.0s earlier)"},
		"ttl changed, and the token is seen before the declaration": {func(s *scene) {
			s.after(time.Second).mint(accountSID, authToken, func(t *capability.Token, _ *corev1.Secret) {
				t.ExpiresAt = t.IssuedAt.Add(time.Minute)
			})
		}, "re-issued", "declaration changed: ttl 30s → 1m"},
		"what the client may do changed": {func(s *scene) {
			s.after(time.Second).mint(accountSID, authToken, func(t *capability.Token, _ *corev1.Secret) {
				t.Grant.Outgoing = &capability.Outgoing{ApplicationSID: applicationSID}
			})
		}, "re-issued", "declaration changed: may now receive as tommy, call AP0123…cdef"},
		"the Secret's name changed": {func(s *scene) {
			s.after(time.Second).declare(func(c *v1alpha1.ClientCapability) {
				c.Generation, c.Spec.Secret = 2, &v1alpha1.SecretTarget{Name: "other"}
			})
			s.after(time.Second).mint(accountSID, authToken, nil)
		}, "re-issued", "declaration changed: the Secret is now other (1.0s earlier)"},
		"the key changed, and the Secret is seen before the declaration": {func(s *scene) {
			s.after(time.Second).write(s.secret.DeepCopy(), "jwt", "x", theOperator)
			s.mintUnder("jwt")
			s.declare(func(c *v1alpha1.ClientCapability) {
				c.Generation, c.Spec.Secret = 2, &v1alpha1.SecretTarget{Key: "jwt"}
			})
		}, "re-issued", "declaration changed: the key is now jwt"},
		"renewBefore changed": {func(s *scene) {
			s.announce(start.Add(18 * time.Second))
			s.after(time.Second).declare(func(c *v1alpha1.ClientCapability) { c.Generation = 2 })
			s.after(time.Second).mint(accountSID, authToken, nil)
		}, "re-issued", "declaration changed (1.0s earlier)"},
		"renewal was requested": {func(s *scene) {
			s.after(time.Second).declare(func(c *v1alpha1.ClientCapability) {
				c.Annotations = map[string]string{v1alpha1.RenewRequestedAtAnnotation: "2026-03-01T12:00:01Z"}
			})
			s.after(time.Second).mint(accountSID, authToken, func(_ *capability.Token, secret *corev1.Secret) {
				secret.Annotations[v1alpha1.AnsweredRenewRequestAnnotation] = "2026-03-01T12:00:01Z"
			})
		}, "re-issued", "renewal was requested (1.0s earlier)"},
		"renewal was suspended beyond the token's life": {func(s *scene) {
			s.declare(func(c *v1alpha1.ClientCapability) { c.Generation, c.Spec.Suspend = 2, true })
			s.after(time.Minute).declare(func(c *v1alpha1.ClientCapability) { c.Generation, c.Spec.Suspend = 3, false })
			s.after(time.Second).mint(accountSID, authToken, nil)
		}, "re-issued", "renewal is no longer suspended (1.0s earlier)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			tc.happens(s)
			s.expect(tc.what, tc.detail)
		})
	}
}

// mintUnder has the operator write a token under a key that the declaration, as far as it was seen, does not name.
func (s *scene) mintUnder(key string) {
	raw, err := capability.Mint(capability.Token{
		AccountSID: accountSID, Grant: capability.Grant{ClientName: "tommy", Incoming: true}, IssuedAt: s.now,
	}, authToken)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(s.secret.DeepCopy(), key, raw, theOperator)
}

func TestTheLedgerTellsWhatPeopleDo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens      func(*scene)
		what, detail string
	}{
		"they rotate an AuthToken":   {func(s *scene) { s.account(accountSID, nextToken) }, "rotated", "AuthToken is a new one"},
		"they switch accounts":       {func(s *scene) { s.account(otherSID, authToken) }, "changed", "SID is another one"},
		"they break an AuthToken":    {func(s *scene) { s.account(accountSID, "short") }, "unusable", "malformed"},
		"they delete an account":     {func(s *scene) { s.removeSecret("twilio") }, "unusable", "missing"},
		"they bring an account back": {func(s *scene) { s.removeSecret("twilio"); s.account(accountSID, authToken) }, "usable", "back"},
		"they delete a Secret":       {func(s *scene) { s.removeSecret("tommy") }, "gone", "Secret tommy was deleted"},
		"they edit a Secret": {func(s *scene) {
			s.write(s.secret.DeepCopy(), "token", "junk", "kubectl-edit")
		}, "edited", "by hand (kubectl-edit)"},
		"they delete a declaration": {func(s *scene) { s.events = s.ledger.undeclare(s.tommy().key, s.now) }, "deleted", ""},
		"they make a declaration that can't be met": {func(s *scene) {
			s.declare(func(c *v1alpha1.ClientCapability) {
				c.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "False", Reason: "QuotaExceeded", Message: "a\x1bb"}}
			})
		}, "trouble", "Ready is False, QuotaExceeded: a\uFFFDb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			tc.happens(s.after(time.Second))
			s.expect(tc.what, tc.detail)
		})
	}
}

func TestTheLedgerIsSilentOnWhatChangesNoToken(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*scene){
		"a label of the object": func(s *scene) {
			s.declare(func(c *v1alpha1.ClientCapability) { c.Labels = map[string]string{"a": "b"} })
		},
		"a label of the Secret": func(s *scene) {
			secret := s.secret.DeepCopy()
			secret.Labels = map[string]string{"a": "b"}
			s.events = s.ledger.store(secret, s.now)
		},
		"another kind of Secret": func(s *scene) {
			s.events = s.ledger.store(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "x"}}, s.now)
		},
		"an account of another namespace": func(s *scene) {
			s.events = s.ledger.remove(types.NamespacedName{Namespace: "elsewhere", Name: "twilio"}, s.now)
		},
		"status": func(s *scene) { s.announce(start.Add(18 * time.Second)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			happens(s.after(time.Second))
			s.expectNothing()
		})
	}
}
