package asking

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// attemptTimeout is how long one attempt may take, on a machine that is as busy as
// it may be.
const attemptTimeout = 10 * time.Second

// Connections are those of one caller to a server.
type Connections struct {
	server Server
	client *http.Client
	dialed atomic.Int64
	shown  atomic.Value // the fingerprint of the certificate of the last connection
}

// NewConnections keeps each connection for the next request, or makes one anew for
// each.
func NewConnections(server Server, anew bool) *Connections {
	c := &Connections{server: server}
	c.client = &http.Client{
		Timeout:   attemptTimeout,
		Transport: &http.Transport{ForceAttemptHTTP2: true, DisableKeepAlives: anew, DialTLSContext: c.dial},
	}
	return c
}

// Close closes those that wait for a next request.
func (c *Connections) Close() { c.client.CloseIdleConnections() }

func (c *Connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	authority, err := c.server.authority(ctx)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%w: there is no certificate", errAuthority)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	made, err := (&tls.Dialer{Config: &tls.Config{
		RootCAs: trusted, ServerName: cmp.Or(c.server.Name, host), NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12,
	}}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.dialed.Add(1)
	if secure, ok := made.(*tls.Conn); ok {
		c.shown.Store(Fingerprint(secure.ConnectionState().PeerCertificates[0].Raw))
	}
	return made, nil
}

// Fingerprint is by which a certificate is told from another.
func Fingerprint(certificate []byte) string {
	sum := sha256.Sum256(certificate)
	return hex.EncodeToString(sum[:])
}

// Answer is what a server says. Its body may hold a token.
type Answer struct {
	Code int    `json:"code"`
	Body string `json:"body"`
	// Certificate is the fingerprint of the one that the server showed.
	Certificate string `json:"certificate"`

	retryAfter time.Duration
}

// Ask makes one attempt.
func (c *Connections) Ask(ctx context.Context, path, body string) (Answer, error) {
	return c.do(ctx, http.MethodPost, path, body)
}

func (c *Connections) do(ctx context.Context, method, path, body string) (Answer, error) {
	url, err := c.server.url()
	if err != nil {
		return Answer{}, err
	}
	token, err := c.server.token()
	if err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, method, url+path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Code: resp.StatusCode, Body: string(all)}
	answer.Certificate, _ = c.shown.Load().(string)
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		answer.retryAfter = time.Duration(seconds) * time.Second
	}
	return answer, nil
}
