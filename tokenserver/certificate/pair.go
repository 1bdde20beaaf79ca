package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"time"
)

// Lifetimes, and how long before its end each is renewed.
const (
	authorityLifetime, authorityMargin = 10 * 365 * 24 * time.Hour, 365 * 24 * time.Hour
	servingLifetime, servingMargin     = 90 * 24 * time.Hour, 30 * 24 * time.Hour
	// settling is how long a new authority is published before anything is signed
	// with it, so that callers who keep a copy have the time to read it.
	settling = 24 * time.Hour
	// ago allows for clocks that are behind.
	ago = time.Hour
)

// Keys of the Secret's data. Those of the serving certificate are as everywhere.
const (
	AuthorityKey    = "ca.crt"
	authorityKeyKey = "ca.key"
	servingKey      = "tls.crt"
	servingKeyKey   = "tls.key"
)

// pair is what the Secret holds: authorities, the newest first, with the key of the
// newest, and a serving certificate that one of them has signed, with its key.
type pair struct {
	authorities  []*x509.Certificate
	authorityKey *ecdsa.PrivateKey
	serving      *x509.Certificate
	servingKey   *ecdsa.PrivateKey
}

// read fails where anything is missing or does not belong together.
func read(data map[string][]byte) (*pair, error) {
	p := &pair{}
	for rest := data[AuthorityKey]; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", AuthorityKey, err)
		}
		p.authorities = append(p.authorities, authority)
	}
	if len(p.authorities) == 0 {
		return nil, fmt.Errorf("%w %s", errLacks, AuthorityKey)
	}
	var err error
	if p.serving, p.servingKey, err = matching(data[servingKey], data[servingKeyKey]); err != nil {
		return nil, fmt.Errorf("reading %s and %s: %w", servingKey, servingKeyKey, err)
	}
	newest := encodeCertificate(p.authorities[0])
	if _, p.authorityKey, err = matching(newest, data[authorityKeyKey]); err != nil {
		return nil, fmt.Errorf("reading %s and %s: %w", AuthorityKey, authorityKeyKey, err)
	}
	return p, nil
}

var errLacks = errors.New("the Secret lacks")

// matching reads a certificate and the key that belongs to it.
func matching(certificate, key []byte) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	both, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, nil, err
	}
	private, ok := both.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, fmt.Errorf("the key is a %T", both.PrivateKey)
	}
	return both.Leaf, private, nil
}

// write is the reverse of read.
func (p *pair) write() (map[string][]byte, error) {
	authorityKey, err := encodeKey(p.authorityKey)
	if err != nil {
		return nil, err
	}
	key, err := encodeKey(p.servingKey)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		AuthorityKey:    p.bundle(),
		authorityKeyKey: authorityKey,
		servingKey:      encodeCertificate(p.serving),
		servingKeyKey:   key,
	}, nil
}

// bundle is every authority that what is served may have been signed with.
func (p *pair) bundle() []byte {
	var all []byte
	for _, authority := range p.authorities {
		all = append(all, encodeCertificate(authority)...)
	}
	return all
}

// fresh makes everything anew.
func fresh(names []string, now time.Time) (*pair, error) {
	p := &pair{}
	if err := p.addAuthority(now); err != nil {
		return nil, err
	}
	if err := p.sign(names, now); err != nil {
		return nil, err
	}
	return p, nil
}

// renewed is the pair with what is due made anew, and nil where nothing is.
func (p *pair) renewed(names []string, now time.Time) (*pair, error) {
	next := *p
	next.authorities = slices.DeleteFunc(slices.Clone(p.authorities), func(c *x509.Certificate) bool { return !now.Before(c.NotAfter) })
	newest := p.authorities[0]
	switch trusted := p.trusted(now); {
	case !now.Before(newest.NotAfter):
		return fresh(names, now) // a server that was off for years: nobody can trust what there is
	case trusted && !now.Before(newest.NotAfter.Add(-authorityMargin)):
		return &next, next.addAuthority(now)
	case trusted && p.named(names) && now.Before(p.serving.NotAfter.Add(-servingMargin)):
		if len(next.authorities) == len(p.authorities) {
			return nil, nil
		}
		return &next, nil
	case trusted && p.named(names) && len(p.authorities) > 1 && now.Before(newest.NotBefore.Add(ago+settling)):
		return nil, nil // the newest is not known everywhere yet, and there is time: servingMargin is longer
	}
	return &next, next.sign(names, now)
}

// trusted reports whether what is served verifies against the authorities.
func (p *pair) trusted(now time.Time) bool {
	pool := x509.NewCertPool()
	for _, authority := range p.authorities {
		pool.AddCert(authority)
	}
	_, err := p.serving.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err == nil
}

// named reports whether the certificate is for exactly these names.
func (p *pair) named(names []string) bool {
	hosts, addresses := split(names)
	same := func(a, b net.IP) bool { return a.Equal(b) }
	return slices.Equal(p.serving.DNSNames, hosts) && slices.EqualFunc(p.serving.IPAddresses, addresses, same)
}

func (p *pair) addAuthority(now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the authority's key: %w", err)
	}
	template := &x509.Certificate{
		// Its own name each time, so that verifiers don't take one for another.
		Subject:               pkix.Name{CommonName: "capability-operator-tokenserver " + now.UTC().Format(time.RFC3339)},
		NotBefore:             now.Add(-ago),
		NotAfter:              now.Add(authorityLifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	authority, err := create(template, template, key, key)
	if err != nil {
		return err
	}
	p.authorities, p.authorityKey = append([]*x509.Certificate{authority}, p.authorities...), key
	return nil
}

func (p *pair) sign(names []string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the serving certificate's key: %w", err)
	}
	hosts, addresses := split(names)
	p.serving, err = create(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "capability-operator-tokenserver"},
		DNSNames:    hosts,
		IPAddresses: addresses,
		NotBefore:   now.Add(-ago),
		NotAfter:    now.Add(servingLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, p.authorities[0], key, p.authorityKey)
	p.servingKey = key
	return err
}

func create(template, signer *x509.Certificate, key, signerKey *ecdsa.PrivateKey) (*x509.Certificate, error) {
	const bits = 127
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), bits))
	if err != nil {
		return nil, fmt.Errorf("drawing a serial number: %w", err)
	}
	template.SerialNumber = serial
	made, err := x509.CreateCertificate(rand.Reader, template, signer, key.Public(), signerKey)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	return x509.ParseCertificate(made)
}

func split(names []string) (hosts []string, addresses []net.IP) {
	for _, name := range names {
		if address := net.ParseIP(name); address != nil {
			addresses = append(addresses, address)
		} else {
			hosts = append(hosts, name)
		}
	}
	return hosts, addresses
}

func encodeCertificate(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Temporary is a certificate that nobody can verify, for a server that has no
// other yet and is asked whether it lives.
func Temporary(now time.Time) (*tls.Certificate, error) {
	p, err := fresh([]string{"localhost"}, now)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{p.serving.Raw}, PrivateKey: p.servingKey, Leaf: p.serving}, nil
}
