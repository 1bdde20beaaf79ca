package main

import (
	"encoding/json"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

// look reads the Secret that an object names and says what is new about the token in it.
func (l *ledger) look(o *object, now time.Time) []event {
	var events []event
	if e, ok := l.readAccount(o, now); ok {
		events = append(events, e)
	}
	name, key := o.declared.SecretName(), o.declared.TokenKey()
	secret := l.secrets[types.NamespacedName{Namespace: o.key.Namespace, Name: name}]
	if secret == nil || len(secret.Data[key]) == 0 {
		return append(events, lose(o, name, secret != nil, now)...)
	}
	if raw := string(secret.Data[key]); o.token != nil && o.token.raw == raw {
		o.lost = nil
		o.token.secret, o.token.key, o.token.answered = name, key, answered(secret)
		return events
	}
	if e, ok := o.checkExpiry(now); ok {
		events = append(events, e)
	}
	return append(events, l.take(o, l.sight(o, secret, name, key, now), now))
}

// lose notes that the Secret holds no token. A missing key says nothing yet: the operator also takes a key away when the
// declaration names another one, and the watch may show that first.
func lose(o *object, name string, secretThere bool, now time.Time) []event {
	if o.token == nil || o.lost != nil {
		return nil
	}
	if secretThere {
		o.lost = &loss{why: "the token was taken out of its Secret", at: now}
		return nil
	}
	o.lost = &loss{why: "its Secret was deleted", at: now}
	if o.token.secret != name {
		return nil // the declaration names another Secret, and it is on its way
	}
	return []event{{at: now, about: label(o.key), what: "gone", detail: "Secret " + name + " was deleted", tone: notice}}
}

func (l *ledger) sight(o *object, secret *corev1.Secret, name, key string, now time.Time) *sighting {
	s := &sighting{
		secret: name, key: key,
		raw:        string(secret.Data[key]),
		answered:   answered(secret),
		generation: o.declared.Generation,
		seen:       now,
	}
	says, err := capability.Parse(s.raw)
	s.says, s.readable = says, err == nil
	by := writer(secret, key)
	if l.operator == "" {
		l.operator = by
	}
	if by != l.operator {
		s.byHand = by
	}
	return s
}

// take puts a token that was not there before in the place of the last one.
func (l *ledger) take(o *object, s *sighting, now time.Time) event {
	e := event{at: now, about: label(o.key)}
	if s.byHand != "" {
		e.what, e.tone = "edited", notice
		e.detail = "Secret " + s.secret + " was edited by hand (" + terminal.Printable(s.byHand) + ")"
	} else {
		o.measure(now)
		why := o.why(s, now)
		e.what, e.detail, e.tone = why.what, why.detail, why.tone
		why.count(&o.tally)
	}
	o.token, o.lost = s, nil
	if s.byHand == "" {
		if problem := o.falseAtBirth(now); problem != "" {
			s.failed, e.tone = true, bad
			o.tally.failed++
			e.detail += ": VERIFICATION FAILED: " + problem
		}
	}
	return e
}

// readAccount compares the credentials of an object's account with what they were.
func (l *ledger) readAccount(o *object, now time.Time) (event, bool) {
	ref := &o.declared.Spec.AccountRef
	key := types.NamespacedName{Namespace: o.key.Namespace, Name: ref.Name}
	if signs := o.declared.TokenType(); o.account.signs != signs {
		o.account = account{signs: signs} // another key signs: that is no rotation
	}
	sid, auth, ok := credentials(l.secrets[key], o.declared)
	was := o.account
	if !ok {
		o.account.known = false
		e := event{at: now, about: label(key), what: "unusable", tone: notice,
			detail: "the account's Secret is missing, unlabelled or malformed"}
		return e, was.known
	}
	if !was.known && was.auth != "" {
		o.resumed = resumption{why: "the account's Secret is usable", at: now}
	}
	o.account.known, o.account.sid, o.account.auth = true, sid, auth
	if was.auth != auth {
		o.account.previous, o.account.changed = was.auth, now
	}
	e := event{at: now, about: label(key), tone: notice}
	switch {
	case was.auth == "":
		return e, false
	case was.sid != sid:
		e.what, e.detail = "changed", "the account's SID is another one"
	case was.auth != auth:
		e.what, e.detail = "rotated", "the account's "+o.account.signer()+" is a new one"
	case !was.known:
		e.what, e.detail = "usable", "the account's Secret is back"
	default:
		return e, false
	}
	return e, true
}

// signer is what people call the credential that signs.
func (a account) signer() string {
	if a.signs == v1alpha1.TokenTypeAccess {
		return "API key"
	}
	return "AuthToken"
}

func credentials(s *corev1.Secret, c *v1alpha1.ClientCapability) (sid, auth string, ok bool) {
	if s == nil || !isAccount(s) {
		return "", "", false
	}
	ref := &c.Spec.AccountRef
	key := ref.Keys.AuthTokenKey()
	if c.TokenType() == v1alpha1.TokenTypeAccess {
		key = ref.Keys.APISecretKey()
	}
	sid = strings.TrimSuffix(string(s.Data[ref.Keys.AccountSIDKey()]), "\n")
	auth = strings.TrimSuffix(string(s.Data[key]), "\n")
	ok = capability.ValidateAccountSID(sid) == nil && capability.ValidateAuthToken(auth) == nil
	return sid, auth, ok
}

func answered(s *corev1.Secret) string { return s.Annotations[v1alpha1.AnsweredRenewRequestAnnotation] }

// writer is the field manager that last wrote a key of a Secret's data.
func writer(s *corev1.Secret, key string) string {
	var last *metav1.ManagedFieldsEntry
	for i := range s.ManagedFields {
		entry := &s.ManagedFields[i]
		if entry.FieldsV1 == nil || !ownsKey(entry.FieldsV1.GetRawBytes(), key) {
			continue
		}
		if last == nil || last.Time.Before(entry.Time) {
			last = entry
		}
	}
	if last == nil {
		return ""
	}
	return last.Manager
}

func ownsKey(fields []byte, key string) bool {
	var owned struct {
		Data map[string]json.RawMessage `json:"f:data"`
	}
	if json.Unmarshal(fields, &owned) != nil {
		return false
	}
	_, ok := owned.Data["f:"+key]
	return ok
}
