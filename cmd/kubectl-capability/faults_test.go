package main

import (
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// state is one that a ClientCapability can be in: how tommy gets into it, and what is
// asked about him there.
type state struct {
	// reason is the one that explain gives, and the name of the transcript where that
	// has none of its own.
	reason, name string
	arrange      func(*world)
	commands     []string
	// mends are the steps of the advice, by their numbers, whose commands make tommy
	// Ready again; none where no command does.
	mends []int
}

func (s state) called() string {
	if s.name != "" {
		return s.name
	}
	return s.reason
}

// usual is what is asked where nothing else is.
var usual = []string{"list", "explain tommy"}

// accountStates are those in which the account decides.
var accountStates = []state{
	{reason: v1alpha1.ReasonTokenValid, arrange: func(w *world) {
		w.issued()
		w.step(5 * time.Minute)
	}, commands: []string{"list", "list -o wide", "explain tommy", "inspect tommy", "accounts", "accounts twilio"}},
	{reason: v1alpha1.ReasonOnDemand, mends: []int{}, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace))
		w.create(w.declaration(func(c *v1alpha1.ClientCapability) {
			c.Spec.Delivery, c.Spec.OnDemand = v1alpha1.DeliveryOnDemand, &v1alpha1.OnDemand{ClientNamePattern: "agent-[0-9]+"}
		}))
	}, commands: []string{"list", "explain tommy", "inspect tommy", "renew tommy"}},
	{reason: v1alpha1.ReasonSuspended, mends: []int{0}, arrange: func(w *world) {
		w.issued()
		w.change(func(c *v1alpha1.ClientCapability) { c.Spec.Suspend = true })
	}, commands: []string{"list", "explain tommy", "renew tommy"}},
	{reason: v1alpha1.ReasonSuspended, name: "Suspended-without-a-token", mends: []int{0}, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace))
		w.create(w.declaration(func(c *v1alpha1.ClientCapability) { c.Spec.Suspend = true }))
	}},
	{reason: v1alpha1.ReasonAccountNotFound, mends: []int{1, 0}, arrange: func(w *world) { w.create(w.declaration()) },
		commands: []string{"list", "explain tommy", "inspect tommy", "accounts", "accounts twilio"}},
	{reason: v1alpha1.ReasonAccountNotFound, name: "RenewalFailing", mends: []int{1, 0}, arrange: func(w *world) {
		w.issued()
		w.delete(w.accountSecret(w.namespace))
		w.step(45 * time.Minute)
	}, commands: []string{"list", "explain tommy", "inspect tommy"}},
	{reason: v1alpha1.ReasonAccountNotFound, name: v1alpha1.ReasonTokenExpired, mends: []int{1, 0}, arrange: func(w *world) {
		w.issued()
		w.delete(w.accountSecret(w.namespace))
		w.step(45 * time.Minute)
		w.pass()
		w.step(30 * time.Minute)
	}, commands: []string{"list", "explain tommy", "inspect tommy"}},
	{reason: v1alpha1.ReasonAccountKeyMissing, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace, func(data map[string]string) { delete(data, v1alpha1.DefaultAuthTokenKey) }))
		w.create(w.declaration())
	}, commands: []string{"list", "explain tommy", "accounts", "accounts twilio"}},
	{reason: v1alpha1.ReasonAccountKeyMissing, name: "AccountKeyMissing-but-an-API-key", mends: []int{1}, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace, withKey, func(data map[string]string) { delete(data, v1alpha1.DefaultAuthTokenKey) }))
		w.create(w.declaration())
	}},
	{reason: v1alpha1.ReasonAccountMalformed, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace, func(data map[string]string) { data[v1alpha1.DefaultAuthTokenKey] = "d41d8cd98f00b204 e9800998ecf8427e" }))
		w.create(w.declaration())
	}, commands: []string{"list", "explain tommy", "accounts"}},
	{reason: v1alpha1.ReasonRegionNotSupported, mends: []int{0}, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace, withKey, func(data map[string]string) { data[v1alpha1.DefaultRegionKey] = "ie1" }))
		w.create(w.declaration())
	}},
	{reason: v1alpha1.ReasonDeclarationInvalid, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace))
		w.storedBeforeTheRule(w.declaration(func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = "" }))
	}},
	{reason: v1alpha1.ReasonMetadataNotAllowed, arrange: func(w *world) {
		w.issued()
		w.change(func(c *v1alpha1.ClientCapability) {
			c.Spec.Secret = &v1alpha1.SecretTarget{Labels: map[string]v1alpha1.LabelValue{"argocd.argoproj.io/secret-type": "cluster"}}
		})
	}, commands: []string{"list", "explain tommy", "inspect tommy"}},
}

// lentStates are those in which a ClusterAccount's owner decides.
var lentStates = []state{
	{reason: v1alpha1.ReasonTokenValid, name: "TokenValid-by-a-ClusterAccount", arrange: func(w *world) {
		w.lendWithKey()
		w.look()
		w.create(w.declaration(w.lent, access))
	}, commands: []string{"list -o wide", "explain tommy", "inspect tommy", "accounts -o wide", "accounts production"}},
	{reason: v1alpha1.ReasonAccountNotFound, name: "AccountNotFound-of-a-ClusterAccount", arrange: func(w *world) { w.create(w.declaration(w.lent)) },
		commands: []string{"list", "explain tommy", "accounts", "accounts production"}},
	{reason: v1alpha1.ReasonAccountKeyMissing, name: "AccountKeyMissing-of-a-ClusterAccount", mends: []int{0}, arrange: func(w *world) {
		w.create(w.accountSecret(w.platform, withKey, func(data map[string]string) { delete(data, v1alpha1.DefaultAuthTokenKey) }))
		w.lend()
		w.look()
		w.create(w.declaration(w.lent))
	}},
	{reason: v1alpha1.ReasonAccountNotReady, arrange: func(w *world) {
		w.create(w.accountSecret(w.platform, func(data map[string]string) { data[v1alpha1.DefaultAuthTokenKey] = "short" }))
		w.lend()
		w.look()
		w.create(w.declaration(w.lent))
	}, commands: []string{"list", "explain tommy", "accounts production"}},
	{reason: v1alpha1.ReasonClusterAccountsOff, mends: []int{0}, arrange: func(w *world) {
		w.create(w.accountSecret(w.namespace))
		w.operator.Accounts.Cluster = nil
		w.create(w.declaration(w.lent))
	}},
	{reason: v1alpha1.ReasonNamespaceNotAllowed, arrange: func(w *world) {
		w.lendWithKey(func(spec *v1alpha1.ClusterAccountSpec) {
			spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{Selector: &v1alpha1.NamespaceSelector{MatchLabels: map[string]v1alpha1.LabelValue{"voice": "production"}}}
		})
		w.look()
		w.create(w.declaration(w.lent, access))
	}},
	{reason: v1alpha1.ReasonOutsideLimits, arrange: func(w *world) {
		w.lendWithKey(func(spec *v1alpha1.ClusterAccountSpec) {
			spec.Limits = &v1alpha1.Limits{
				MinTTL: "5m", MaxTTL: "30m", TokenTypes: []v1alpha1.LimitedTokenType{"Access"}, ClientNamePattern: "$(namespace)_[a-z]+",
				Capabilities: []v1alpha1.CapabilityName{"Incoming", "Outgoing"}, ApplicationSIDs: []v1alpha1.ApplicationSID{applicationSID},
			}
		})
		w.look()
		w.create(w.declaration(w.lent, access, func(c *v1alpha1.ClientCapability) { c.Spec.ClientName = w.namespace + "_tommy" }))
	}, commands: []string{"list", "explain tommy", "accounts production"}},
}

// issued is tommy with a token.
func (w *world) issued() {
	w.t.Helper()
	w.create(w.accountSecret(w.namespace))
	w.create(w.declaration())
	w.pass()
}

// change has somebody change tommy's declaration.
func (w *world) change(change func(*v1alpha1.ClientCapability)) {
	w.t.Helper()
	c := w.declaration()
	w.update(c, func() { change(c) })
}

func access(c *v1alpha1.ClientCapability) { c.Spec.TokenType = v1alpha1.TokenTypeAccess }

// lendWithKey lends an account that signs both types of token.
func (w *world) lendWithKey(change ...func(*v1alpha1.ClusterAccountSpec)) {
	w.t.Helper()
	w.create(w.accountSecret(w.platform, withKey))
	w.lend(change...)
}

func TestTranscriptsOfWhatTheAccountDecides(t *testing.T) { transcribeAll(t, accountStates) }

func TestTranscriptsOfWhatAClusterAccountDecides(t *testing.T) { transcribeAll(t, lentStates) }

func transcribeAll(t *testing.T, states []state) {
	for _, s := range states {
		t.Run(s.called(), func(t *testing.T) {
			w := newWorld(t)
			s.arrange(w)
			w.pass()
			w.mustBe(s.reason)
			commands := s.commands
			if commands == nil {
				commands = usual
			}
			w.transcribe(s.called(), commands...)
			w.keepDocument(s.called())
			w.checkAdvice(s)
		})
	}
}
