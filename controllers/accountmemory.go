package controllers

import (
	"sync"
	"time"

	"github.com/capability-operator/capability-operator/issuance"
)

// accountMemory is what the reconciler remembers of each ClusterAccount between
// two passes: digests of credentials, under a seed that is this process's own, so
// that nothing that could tell them is ever written down.
type accountMemory struct {
	mu      sync.Mutex
	objects map[string]rememberedAccount
}

type rememberedAccount struct {
	// authToken is the one that was seen last; zero where none was yet.
	authToken uint64
	// asked are the credentials that Twilio was asked about last, and notBefore
	// is when it wants to be asked again at the earliest.
	asked     uint64
	notBefore time.Time
}

func (m *accountMemory) update(name string, change func(*rememberedAccount)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects == nil {
		m.objects = map[string]rememberedAccount{}
	}
	object := m.objects[name]
	change(&object)
	m.objects[name] = object
}

func (m *accountMemory) get(name string) rememberedAccount {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.objects[name]
}

func (m *accountMemory) forget(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, name)
}

// authTokenChanged reports whether the AuthToken is another than was seen, or is
// gone. What a process sees first has not changed.
func (m *accountMemory) authTokenChanged(name, authToken string) bool {
	last := m.get(name).authToken
	return last != 0 && last != digest(authToken)
}

// seen notes the AuthToken, once the status that speaks of its change is written.
func (m *accountMemory) seen(name, authToken string, usable bool) {
	switch {
	case !usable:
	case authToken != "":
		m.update(name, func(o *rememberedAccount) { o.authToken = digest(authToken) })
	default:
		m.update(name, func(o *rememberedAccount) { o.authToken = 0 })
	}
}

func (m *accountMemory) asked(name string, credentials uint64, notBefore time.Time) {
	m.update(name, func(o *rememberedAccount) { o.asked, o.notBefore = credentials, notBefore })
}

func (m *accountMemory) lastAsked(name string) (credentials uint64, notBefore time.Time) {
	last := m.get(name)
	return last.asked, last.notBefore
}

func credentialsDigest(account issuance.Account) uint64 {
	return digest(account.SID.Value, account.AuthToken.Value, account.APIKey.Value, account.APISecret.Value, account.Region.Value)
}

// digest is never zero.
func digest(values ...string) uint64 {
	d := newFingerprint()
	d.text(values...)
	return d.hash.Sum64() | 1
}
