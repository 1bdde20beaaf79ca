package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// FrontProxyName is the name in the certificate by which the API server makes itself known to servers behind it.
const FrontProxyName = "front-proxy"

// FrontProxy is the certificate by which the API server makes itself known to the servers of aggregated APIs, with its
// key: whoever holds it passes for the API server there. It is there with Options.FrontProxy alone.
func (c *Cluster) FrontProxy() tls.Certificate { return c.frontProxy }

// addFrontProxy makes an authority and a certificate for the API server, and tells it of them.
func (c *Cluster) addFrontProxy(args *envtest.Arguments) error {
	authority, key, err := sign("front-proxy-ca", nil, nil)
	if err != nil {
		return err
	}
	proxy, proxyKey, err := sign(FrontProxyName, authority, key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(proxyKey)
	if err != nil {
		return fmt.Errorf("writing the front proxy's key: %w", err)
	}
	for flag, block := range map[string]*pem.Block{
		"requestheader-client-ca-file": {Type: "CERTIFICATE", Bytes: authority.Raw},
		"proxy-client-cert-file":       {Type: "CERTIFICATE", Bytes: proxy.Raw},
		"proxy-client-key-file":        {Type: "PRIVATE KEY", Bytes: der},
	} {
		path := filepath.Join(c.dir, flag+".pem")
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return fmt.Errorf("writing the front proxy's certificate: %w", err)
		}
		args.Set(flag, path)
	}
	args.Set("requestheader-allowed-names", FrontProxyName).
		Set("requestheader-username-headers", "X-Remote-User").
		Set("requestheader-uid-headers", "X-Remote-Uid").
		Set("requestheader-group-headers", "X-Remote-Group").
		Set("requestheader-extra-headers-prefix", "X-Remote-Extra-")
	c.frontProxy = tls.Certificate{Certificate: [][]byte{proxy.Raw}, PrivateKey: proxyKey}
	return nil
}

// sign makes a client certificate of the authority, or an authority where there is none.
func sign(name string, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true, IsCA: authority == nil,
	}
	if authority == nil {
		authority, authorityKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), authorityKey)
	if err != nil {
		return nil, nil, fmt.Errorf("signing %s: %w", name, err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("reading what was signed: %w", err)
	}
	return made, key, nil
}
