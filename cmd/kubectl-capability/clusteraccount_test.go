package main

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
	twilioapi "github.com/capability-operator/capability-operator/twilio"
	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

// asked has Twilio, or what stands for it, be asked about the account.
func asked(spec *v1alpha1.ClusterAccountSpec) { spec.Verify = &v1alpha1.Verify{Interval: "6h"} }

// twilioKnows has a stub of Twilio know this account.
func (w *world) twilioKnows(account twiliotest.Account) *twiliotest.Server {
	w.t.Helper()
	stub := twiliotest.NewServer(account)
	w.t.Cleanup(stub.Close)
	client, err := twilioapi.New(stub.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	w.owner.Twilio = client
	return stub
}

var known = twiliotest.Account{SID: accountSID, AuthToken: authToken, APIKey: keySID, APISecret: keySecret}

// lenderStates are those that a ClusterAccount can be in, by the reason that accounts
// gives.
var lenderStates = []state{
	{reason: v1alpha1.ReasonCredentialsValid, arrange: func(w *world) { w.lendWithKey() }},
	{reason: v1alpha1.ReasonCredentialsAccepted, arrange: func(w *world) {
		w.twilioKnows(known)
		w.lendWithKey(asked)
	}},
	{reason: v1alpha1.ReasonCredentialsRefused, arrange: func(w *world) {
		w.twilioKnows(twiliotest.Account{SID: accountSID, AuthToken: "00000000000000000000000000000000", APIKey: keySID, APISecret: keySecret})
		w.lendWithKey(asked)
	}},
	{reason: v1alpha1.ReasonTwilioAccountInactive, arrange: func(w *world) {
		w.twilioKnows(known).Suspend()
		w.lendWithKey(asked)
	}},
	{reason: v1alpha1.ReasonTwilioUnreachable, arrange: func(w *world) {
		w.twilioKnows(known).Down()
		w.lendWithKey(asked)
	}},
	{reason: v1alpha1.ReasonAccountNotFound, arrange: func(w *world) { w.lend() }},
	{reason: v1alpha1.ReasonAccountKeyMissing, arrange: func(w *world) {
		w.create(w.accountSecret(w.platform, withKey, func(data map[string]string) { delete(data, v1alpha1.DefaultAPISecretKey) }))
		w.lend()
	}},
	{reason: v1alpha1.ReasonAccountMalformed, arrange: func(w *world) {
		w.create(w.accountSecret(w.platform, func(data map[string]string) { data[v1alpha1.DefaultAccountSIDKey] = "AC0123" }))
		w.lend()
	}},
	{reason: v1alpha1.ReasonRegionNotSupported, arrange: func(w *world) {
		w.create(w.accountSecret(w.platform, func(data map[string]string) { data[v1alpha1.DefaultRegionKey] = "ie1" }))
		w.lend(func(spec *v1alpha1.ClusterAccountSpec) {
			spec.Limits = &v1alpha1.Limits{TokenTypes: []v1alpha1.LimitedTokenType{"Capability"}}
		})
	}},
	{reason: v1alpha1.ReasonLimitsInvalid, arrange: func(w *world) {
		w.lendWithKey(func(spec *v1alpha1.ClusterAccountSpec) {
			spec.Limits = &v1alpha1.Limits{ClientNamePattern: "$(namespace)_a|b"}
		})
	}},
}

func TestTranscriptsOfClusterAccounts(t *testing.T) {
	for _, s := range lenderStates {
		t.Run(s.called(), func(t *testing.T) {
			w := newWorld(t)
			s.arrange(w)
			w.look()
			w.noteSecrets()
			w.transcribe("ClusterAccount-"+s.called(), "accounts", "accounts production")
			w.keepDocument("ClusterAccount-" + s.called())
		})
	}
}

func TestAClusterAccountThatTheOperatorHasNotSeenIsToldOf(t *testing.T) {
	w := newWorld(t)
	w.lendWithKey()
	w.transcribe("ClusterAccount-"+advice.Pending, "accounts", "accounts production")
	w.keepDocument("ClusterAccount-" + advice.Pending)
}

func TestAFormerKeyIsToldOfUntilItMayBeDeleted(t *testing.T) {
	w := newWorld(t)
	w.lendWithKey()
	w.look()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.platform, Name: twilio}}
	w.update(secret, func() { secret.Data[v1alpha1.DefaultAPIKeyKey] = []byte("SKfedcba9876543210fedcba9876543210") })
	w.step(time.Hour)
	w.look()
	w.noteSecrets()
	w.transcribe("ClusterAccount-with-a-former-key", "accounts production")
	w.keepDocument("ClusterAccount-with-a-former-key")
}
