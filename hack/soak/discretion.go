package main

import (
	"os"
	"strings"
)

// tokensBegin is how the header of every JWT begins.
const tokensBegin = "eyJ"

// expectDiscreet notes where a manager's log tells what no log may.
func (k *soak) expectDiscreet() {
	var secrets []string
	for _, a := range k.accounts {
		secrets = append(secrets, a.secrets()...)
	}
	for _, m := range k.managers {
		content, err := os.ReadFile(m.log.Name())
		if err != nil {
			k.findings.note("reading the log of manager %s: %s", m.name, err)
			continue
		}
		for _, told := range tells(string(content), secrets) {
			k.findings.note("the log of manager %s holds %s", m.name, told)
		}
	}
}

// tells says what a log must not hold and does, without repeating it.
func tells(log string, secrets []string) []string {
	var told []string
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			told = append(told, "a credential")
			break
		}
	}
	if strings.Contains(log, tokensBegin) {
		told = append(told, "a token")
	}
	if strings.Contains(log, "panic") {
		told = append(told, "a panic")
	}
	return told
}

// secrets are all that the account ever signed with.
func (a *account) secrets() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	secrets := append([]string(nil), a.auth...)
	for _, key := range a.keys {
		secrets = append(secrets, key.secret)
	}
	return secrets
}
