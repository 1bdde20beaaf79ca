package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// accountName is the name of the account's Secret in every namespace that has one.
const accountName = "twilio"

// account is the credentials that sign the tokens of one or more namespaces, all that there ever were, the present last.
type account struct {
	namespace string
	sid       string

	mu      sync.Mutex
	auth    []string // AuthTokens
	keys    []apiKey
	rotated time.Time // the last time, until all tokens were seen to be signed anew; zero since
}

type apiKey struct{ sid, secret string }

func newAccount(namespace string) (*account, error) {
	a := &account{namespace: namespace}
	var auth, key, secret string
	if err := makeUp(&a.sid, &auth, &key, &secret); err != nil {
		return nil, err
	}
	a.sid = "AC" + a.sid
	a.auth, a.keys = []string{auth}, []apiKey{{"SK" + key, secret}}
	return a, nil
}

// makeUp fills in credentials of the right form.
func makeUp(values ...*string) error {
	for _, value := range values {
		var b [16]byte
		if _, err := rand.Read(b[:]); err != nil {
			return fmt.Errorf("making up a credential: %w", err)
		}
		*value = hex.EncodeToString(b[:])
	}
	return nil
}

func (a *account) create(ctx context.Context, api client.Client) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: a.namespace, Name: accountName, Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
		},
		StringData: a.data(),
	}
	if err := api.Create(ctx, secret); err != nil {
		return fmt.Errorf("making an account: %w", err)
	}
	return nil
}

func (a *account) data() map[string]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := a.keys[len(a.keys)-1]
	return map[string]string{
		v1alpha1.DefaultAccountSIDKey: a.sid, v1alpha1.DefaultAuthTokenKey: a.auth[len(a.auth)-1],
		v1alpha1.DefaultAPIKeyKey: key.sid, v1alpha1.DefaultAPISecretKey: key.secret,
	}
}

// rotate gives the account a new AuthToken or a new API key. The observer knows it before anybody can sign with it.
func (a *account) rotate(ctx context.Context, api client.Client, apiKeyInstead bool) error {
	var id, secret string
	if err := makeUp(&id, &secret); err != nil {
		return err
	}
	a.mu.Lock()
	if apiKeyInstead {
		a.keys = append(a.keys, apiKey{"SK" + id, secret})
	} else {
		a.auth = append(a.auth, secret)
	}
	a.mu.Unlock()
	stored := &corev1.Secret{}
	if err := api.Get(ctx, types.NamespacedName{Namespace: a.namespace, Name: accountName}, stored); err != nil {
		return fmt.Errorf("reading an account: %w", err)
	}
	before := stored.DeepCopy()
	stored.Data = map[string][]byte{}
	for key, value := range a.data() {
		stored.Data[key] = []byte(value)
	}
	if err := api.Patch(ctx, stored, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("rotating an account: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rotated = time.Now()
	return nil
}

var (
	errNotTheAccount = errors.New("it is not of the account that the object names")
	errUnsigned      = errors.New("no credential that the account ever had has signed it")
)

// verify says whose credential signed a token of this account: present, or one that was rotated away.
func (a *account) verify(t token) (present bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.issuer == a.sid {
		for i := len(a.auth) - 1; i >= 0; i-- {
			if t.verifiedBy(a.auth[i]) {
				return i == len(a.auth)-1, nil
			}
		}
		return false, errUnsigned
	}
	if t.subject != a.sid {
		return false, errNotTheAccount
	}
	for i := len(a.keys) - 1; i >= 0; i-- {
		if t.issuer == a.keys[i].sid && t.verifiedBy(a.keys[i].secret) {
			return i == len(a.keys)-1, nil
		}
	}
	return false, errUnsigned
}
