//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/test/e2e/asking"
)

const (
	certificateSecret = "tokenserver-certificate"
	day               = 24 * time.Hour
)

// renewCertificate has the serving certificate come to its last month, when another is made.
func (s *tokenStage) renewCertificate(l *loads) {
	before := s.kept()
	counts := l.during("the certificate is renewed", func() {
		s.keep(keeping(before.authority, before.serving.reissued(s, before.authority, 29*day)))
		s.awaitShown(func(shown string) bool {
			now := s.kept().serving
			return shown == now.fingerprint() && time.Until(now.certificate.NotAfter) > 60*day
		})
	})
	if now := s.kept(); !bytes.Equal(now.bundle, before.bundle) {
		s.t.Error("the authority that callers know was changed")
	}
	s.mustNotBreak(counts)
}

// renewAuthority has the authority come to its last year, when the next is published beside it, and signs nothing
// for a day; and then has that day go by, and the serving certificate come to its last month.
func (s *tokenStage) renewAuthority(l *loads) {
	before := s.kept()
	ageing := before.authority.reissued(s, before.authority, 300*day)
	counts := l.during("a new authority is published", func() {
		s.keep(keeping(ageing, before.serving))
		s.awaitAuthority("a second authority is published", func(authority string) bool {
			return strings.Count(authority, "BEGIN CERTIFICATE") == 2
		})
		s.awaitShown(func(shown string) bool { return shown == before.serving.fingerprint() })
	})
	s.mustNotBreak(counts)
	both := s.kept()
	if s.authority() != string(both.bundle) || !strings.HasSuffix(string(both.bundle), string(encoded(ageing.certificate))) {
		s.t.Error("what is published is not the new authority and the one before it")
	}

	counts = l.during("a day later, the new authority signs", func() {
		known := both.authority.reissued(s, both.authority, 9*365*day)
		s.keep(keeping(known, before.serving.reissued(s, ageing, 29*day), ageing.certificate))
		s.awaitShown(func(shown string) bool {
			now := s.kept()
			return shown == now.serving.fingerprint() && now.serving.certificate.CheckSignatureFrom(known.certificate) == nil
		})
	})
	s.mustNotBreak(counts)
}

// mustNotBreak fails where a connection was broken, or could not be made, though it is only a certificate that changed.
func (s *tokenStage) mustNotBreak(counts map[string]asking.Counts) {
	s.t.Helper()
	for pod, c := range counts {
		if c.Retried > 0 || pod != anew && c.Dialed > 0 {
			s.t.Errorf("%s: %d attempts were made again for %v, and %d connections made", pod, c.Retried, c.Causes, c.Dialed)
		}
	}
}

// loseCertificate deletes the Secret: certificate and authority are made anew at once. Connections that are open go on,
// and new ones verify by what is published; who has only a copy of what was published can make none.
func (s *tokenStage) loseCertificate(l *loads) {
	before := s.kept()
	counts := l.during("the certificate's Secret is deleted", func() {
		mustKubectl(s.t, "", "delete", "secret", certificateSecret, "-n", operatorNamespace)
		s.awaitAuthority("another authority is published", func(authority string) bool { return authority != string(before.bundle) })
		s.awaitShown(func(shown string) bool { return shown == s.kept().serving.fingerprint() })
	})
	if c := counts[straight]; c.Retried > 0 || c.Dialed > 0 {
		s.t.Errorf("open connections were broken: %d attempts were made again for %v, and %d connections made", c.Retried, c.Causes, c.Dialed)
	}
	copied := append([]string{"--authority=" + forTokenServer + "/ca.crt"}, s.straight...)
	if answer, err := s.ask(s.t.Context(), "app", dialler, fiveSeconds, copied...); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		s.t.Errorf("a caller who has a copy of the first authority is answered %d: %v", answer.Code, err)
	}
	s.awaitTokenServer()
}

// awaitShown waits until new connections, made by the published authority, are shown a certificate that is wanted: by
// both replicas, as far as ten connections tell.
func (s *tokenStage) awaitShown(wanted func(fingerprint string) bool) {
	s.t.Helper()
	await(s.t, 20*time.Second, "new connections are shown the certificate", func(ctx context.Context) error {
		for range 10 {
			answer, err := s.ask(ctx, "app", dialler, fiveSeconds, s.straightly()...)
			if err != nil {
				return err
			}
			if !wanted(answer.Certificate) {
				return errors.New("it is another")
			}
		}
		return nil
	})
}
