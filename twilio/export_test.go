package twilio

import (
	"crypto/x509"
	"net/http"
	"net/url"
	"time"
)

// Edges are the regions with an address of their own.
var Edges = edges

// Longest is the longest RetryAfter.
const Longest = longest

// MaxBody is how much of an answer is read.
const MaxBody = maxBody

// Limit has questions end after another time than ten seconds.
func (c *Client) Limit(d time.Duration) { c.limit = d }

// Through has questions asked through another transport.
func (c *Client) Through(transport http.RoundTripper) { c.http.Transport = transport }

// Transport is what questions are asked through.
func (c *Client) Transport() *http.Transport { return c.http.Transport.(*http.Transport) }

// Trust has these certificates trusted, in place of the system's.
func (c *Client) Trust(roots *x509.CertPool) { c.Transport().TLSClientConfig.RootCAs = roots }

// Proxy has questions asked through this proxy, in place of the environment's.
func (c *Client) Proxy(proxy *url.URL) { c.Transport().Proxy = http.ProxyURL(proxy) }

// Read reads an answer about the first of the credentials.
func Read(credentials Credentials, status int, header http.Header, body []byte) Answer {
	return answerOf([]finding{credentials.questions()[0].read(status, header, body)})
}
