//go:build e2e

package e2e_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/test/e2e/asking"
)

// kept is what the Secret of the certificate holds.
type kept struct {
	authority, serving keyPair
	bundle             []byte // the newest authority, and those before it
}

// keyPair is a certificate and its key.
type keyPair struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func (s *tokenStage) keptSecret() *corev1.Secret {
	s.t.Helper()
	secret := &corev1.Secret{}
	if err := objects.Get(s.t.Context(), client.ObjectKey{Namespace: operatorNamespace, Name: certificateSecret}, secret); err != nil {
		s.t.Fatal(err)
	}
	return secret
}

func (s *tokenStage) kept() kept {
	s.t.Helper()
	data := s.keptSecret().Data
	newest, _ := pem.Decode(data["ca.crt"])
	if newest == nil {
		s.t.Fatal("the Secret has no authority")
	}
	return kept{
		authority: s.read(pem.EncodeToMemory(newest), data["ca.key"]),
		serving:   s.read(data["tls.crt"], data["tls.key"]),
		bundle:    data["ca.crt"],
	}
}

// keep writes what the Secret is to hold.
func (s *tokenStage) keep(k kept) {
	s.t.Helper()
	secret := s.keptSecret()
	secret.Data = map[string][]byte{
		"ca.crt": k.bundle, "ca.key": s.keyOf(k.authority),
		"tls.crt": encoded(k.serving.certificate), "tls.key": s.keyOf(k.serving),
	}
	if err := objects.Update(s.t.Context(), secret); err != nil {
		s.t.Fatal(err)
	}
}

// keeping is what would be kept with these.
func keeping(authority, serving keyPair, former ...*x509.Certificate) kept {
	bundle := bytes.NewBuffer(encoded(authority.certificate))
	for _, one := range former {
		bundle.Write(encoded(one))
	}
	return kept{authority: authority, serving: serving, bundle: bundle.Bytes()}
}

func (s *tokenStage) read(certificate, key []byte) keyPair {
	s.t.Helper()
	both, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		s.t.Fatal(err)
	}
	signer, ok := both.PrivateKey.(crypto.Signer)
	if !ok {
		s.t.Fatalf("the key is a %T", both.PrivateKey)
	}
	return keyPair{both.Leaf, signer}
}

// reissued is the same for the same key, as though it had been made more than a day ago, with that much time left.
func (p keyPair) reissued(s *tokenStage, authority keyPair, left time.Duration) keyPair {
	s.t.Helper()
	template, now := *p.certificate, time.Now()
	template.SerialNumber = big.NewInt(now.UnixNano())
	template.NotBefore, template.NotAfter = now.Add(-26*time.Hour), now.Add(left)
	der, err := x509.CreateCertificate(rand.Reader, &template, authority.certificate, p.key.Public(), authority.key)
	if err != nil {
		s.t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	return keyPair{made, p.key}
}

func (p keyPair) fingerprint() string { return asking.Fingerprint(p.certificate.Raw) }

func encoded(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}

func (s *tokenStage) keyOf(p keyPair) []byte {
	s.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
