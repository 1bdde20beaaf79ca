package accounts_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

const (
	sid   = "AC0123456789abcdef0123456789abcdef"
	token = "6c1d2f9a8be34750a1b2d3e4f5968770"

	apiKey = "SK0123456789abcdef0123456789abcdef"
)

// secrets reads from memory; err, where set, is what every read gives.
type secrets struct {
	client.Reader
	held []*corev1.Secret
	err  error
}

func (s secrets) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	if s.err != nil {
		return s.err
	}
	for _, secret := range s.held {
		if target, ok := into.(*corev1.Secret); ok && client.ObjectKeyFromObject(secret) == key {
			secret.DeepCopyInto(target)
			return nil
		}
	}
	return apierrors.NewNotFound(corev1.Resource("secrets"), key.Name)
}

func account(data map[string]string, change ...func(*corev1.Secret)) *corev1.Secret {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "support", Name: "twilio",
			Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
		},
		Data: map[string][]byte{},
	}
	for key, value := range data {
		secret.Data[key] = []byte(value)
	}
	for _, c := range change {
		c(secret)
	}
	return secret
}

func found(sidKey, sidValue, tokenKey, tokenValue string) issuance.Account {
	return issuance.Account{
		Found:     true,
		SID:       issuance.Credential{Key: sidKey, Value: sidValue},
		AuthToken: issuance.Credential{Key: tokenKey, Value: tokenValue},
		APIKey:    issuance.Credential{Key: v1alpha1.DefaultAPIKeyKey},
		APISecret: issuance.Credential{Key: v1alpha1.DefaultAPISecretKey},
		Region:    issuance.Credential{Key: v1alpha1.DefaultRegionKey},
	}
}

// withAPIKey is an account that has an API key as well.
func withAPIKey(a issuance.Account, key, secret, region issuance.Credential) issuance.Account {
	a.APIKey, a.APISecret, a.Region = key, secret, region
	return a
}

func TestFind(t *testing.T) {
	ordinary := map[string]string{v1alpha1.DefaultAccountSIDKey: sid, v1alpha1.DefaultAuthTokenKey: token}
	valued := func(value string) map[string]string {
		return map[string]string{v1alpha1.DefaultAccountSIDKey: sid, v1alpha1.DefaultAuthTokenKey: value}
	}
	defaults := func(value string) issuance.Account {
		return found(v1alpha1.DefaultAccountSIDKey, sid, v1alpha1.DefaultAuthTokenKey, value)
	}
	labelled := func(labels map[string]string) func(*corev1.Secret) {
		return func(s *corev1.Secret) { s.Labels = labels }
	}
	for name, test := range map[string]struct {
		secret *corev1.Secret
		keys   *v1alpha1.AccountKeys
		want   issuance.Account
	}{
		"a labelled Secret is an account":             {secret: account(ordinary), want: defaults(token)},
		"a Secret without labels is none":             {secret: account(ordinary, labelled(nil))},
		"nor is one whose label says false":           {secret: account(ordinary, labelled(map[string]string{v1alpha1.AccountLabel: "false"}))},
		"nor one whose label is empty":                {secret: account(ordinary, labelled(map[string]string{v1alpha1.AccountLabel: ""}))},
		"nor one whose label is spelt differently":    {secret: account(ordinary, labelled(map[string]string{v1alpha1.AccountLabel: "True"}))},
		"a Secret of another name is not looked at":   {secret: account(ordinary, func(s *corev1.Secret) { s.Name = "twilio-2" })},
		"nor is one of another namespace":             {secret: account(ordinary, func(s *corev1.Secret) { s.Namespace = "sales" })},
		"a missing key is an empty value":             {secret: account(nil), want: found(v1alpha1.DefaultAccountSIDKey, "", v1alpha1.DefaultAuthTokenKey, "")},
		"one newline at the end is trimmed":           {secret: account(valued(token + "\n")), want: defaults(token)},
		"so is one of Windows":                        {secret: account(valued(token + "\r\n")), want: defaults(token)},
		"a second newline is not":                     {secret: account(valued(token + "\n\n")), want: defaults(token + "\n")},
		"nor is any other white space":                {secret: account(valued(" " + token + " \t\n")), want: defaults(" " + token + " \t")},
		"a newline alone is nothing":                  {secret: account(valued("\n")), want: defaults("")},
		"keys can have names of their own":            {secret: account(map[string]string{"sid": sid, "auth": token}), keys: &v1alpha1.AccountKeys{AccountSID: "sid", AuthToken: "auth"}, want: found("sid", sid, "auth", token)},
		"one of two keys can have a name of its own":  {secret: account(map[string]string{v1alpha1.DefaultAccountSIDKey: sid, "auth": token}), keys: &v1alpha1.AccountKeys{AuthToken: "auth"}, want: found(v1alpha1.DefaultAccountSIDKey, sid, "auth", token)},
		"a key of its own name that is not there":     {secret: account(ordinary), keys: &v1alpha1.AccountKeys{AuthToken: "auth"}, want: found(v1alpha1.DefaultAccountSIDKey, sid, "auth", "")},
		"what else is in the Secret is not passed on": {secret: account(map[string]string{v1alpha1.DefaultAccountSIDKey: sid, v1alpha1.DefaultAuthTokenKey: token, "NOTES": "private"}), want: defaults(token)},
		"an API key and a region are passed on": {
			secret: account(map[string]string{v1alpha1.DefaultAccountSIDKey: sid, "TWILIO_API_KEY": apiKey, "TWILIO_API_SECRET": token + "\n", "TWILIO_REGION": "ie1\n"}),
			want: withAPIKey(found(v1alpha1.DefaultAccountSIDKey, sid, v1alpha1.DefaultAuthTokenKey, ""),
				issuance.Credential{Key: "TWILIO_API_KEY", Value: apiKey}, issuance.Credential{Key: "TWILIO_API_SECRET", Value: token},
				issuance.Credential{Key: "TWILIO_REGION", Value: "ie1"}),
		},
		"these too can have names of their own": {
			secret: account(map[string]string{v1alpha1.DefaultAccountSIDKey: sid, "key": apiKey, "secret": token, "region": "us1", "TWILIO_REGION": "ie1"}),
			keys:   &v1alpha1.AccountKeys{APIKey: "key", APISecret: "secret", Region: "region"},
			want: withAPIKey(found(v1alpha1.DefaultAccountSIDKey, sid, v1alpha1.DefaultAuthTokenKey, ""),
				issuance.Credential{Key: "key", Value: apiKey}, issuance.Credential{Key: "secret", Value: token},
				issuance.Credential{Key: "region", Value: "us1"}),
		},
		"the form of a value is not judged here":        {secret: account(valued("changeme")), want: defaults("changeme")},
		"a value that is no text is passed on as it is": {secret: account(valued("\xff\x00")), want: defaults("\xff\x00")},
	} {
		t.Run(name, func(t *testing.T) {
			finder := &accounts.Finder{Secrets: secrets{held: []*corev1.Secret{test.secret}}}
			got, err := finder.Find(t.Context(), "support", v1alpha1.AccountReference{Name: "twilio", Keys: test.keys})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMissingAccountIsToldAsAnUnlabelledOneIs(t *testing.T) {
	ref := v1alpha1.AccountReference{Name: "twilio"}
	unlabelled := account(map[string]string{v1alpha1.DefaultAuthTokenKey: token}, func(s *corev1.Secret) { s.Labels = nil })
	one, err := (&accounts.Finder{Secrets: secrets{held: []*corev1.Secret{unlabelled}}}).Find(t.Context(), "support", ref)
	if err != nil {
		t.Fatal(err)
	}
	other, err := (&accounts.Finder{Secrets: secrets{}}).Find(t.Context(), "support", ref)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, other); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedReadIsAnErrorAndNoMissingAccount(t *testing.T) {
	refused := errors.New("connection refused")
	got, err := (&accounts.Finder{Secrets: secrets{err: refused}}).Find(t.Context(), "support", v1alpha1.AccountReference{Name: "twilio"})
	if !errors.Is(err, refused) || !strings.Contains(err.Error(), "account") {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff(issuance.Account{}, got); diff != "" {
		t.Error(diff)
	}
}
