package controllers_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// recording is all that an operator said where others can hear it.
type recording struct {
	mu   sync.Mutex
	said bytes.Buffer
}

func (r *recording) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.Write(p)
}

func (r *recording) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.String()
}

// longestLeak is how many bytes of a secret in a row are too many.
const longestLeak = 12

// secrets is what nobody may hear of.
type secrets map[string]struct{}

func (s secrets) add(values ...string) {
	for _, value := range values {
		if len(value) >= longestLeak {
			s[value] = struct{}{}
		}
	}
}

// expectUnsaid looks for every part of a secret, plain and in base64.
func (s secrets) expectUnsaid(text, where string) {
	GinkgoHelper()
	for secret := range s {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
			if at := leak(text, form); at >= 0 {
				Fail(where + " has a part of a secret: …" + text[max(0, at-200):min(len(text), at+200)] + "…")
			}
		}
	}
	Expect(s).NotTo(BeEmpty(), "nothing was looked for in %s", where)
}

// leak is where text has a part of the secret; -1 where it has none.
func leak(text, secret string) int {
	for i := 0; i+longestLeak <= len(secret); i++ {
		if at := strings.Index(text, secret[i:i+longestLeak]); at >= 0 {
			return at
		}
	}
	return -1
}
