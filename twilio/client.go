package twilio

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// limit is how long one question may take, its answer included.
	limit = 10 * time.Second
	// maxBody is how much of an answer is read, which is many times what is
	// expected.
	maxBody = 64 << 10
)

// Client asks Twilio. It may be used from several goroutines at once.
type Client struct {
	base  *url.URL
	http  *http.Client
	limit time.Duration
}

// New returns a client that asks under this base URL; see [ValidateBaseURL].
func New(base string) (*Client, error) {
	u, err := parseBaseURL(base)
	if err != nil {
		return nil, err
	}
	return &Client{
		base: u,
		http: &http.Client{
			Transport: newTransport(),
			// A redirect is an answer like another: credentials don't follow it.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		limit: limit,
	}, nil
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: refusedByProxy,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		// Minutes at the least lie between two questions. A connection kept
		// would be broken by then, and net/http logs what comes on an idle one.
		DisableKeepAlives:      true,
		DisableCompression:     true, // so that maxBody counts what was received
		MaxResponseHeaderBytes: maxBody,
	}
}

// Verify asks whether Twilio accepts the credentials. It takes up to ten seconds for
// each of them. What is not answered when ctx ends counts as [Unreachable].
func (c *Client) Verify(ctx context.Context, credentials Credentials) Answer {
	if err := credentials.validate(); err != nil {
		// Errors of package capability say how a value is wrong, never what it is.
		return Answer{Detail: fmt.Sprintf("Twilio was not asked: %v.", err)}
	}
	base, known := c.address(credentials.Region)
	if !known {
		return Answer{Detail: fmt.Sprintf("Twilio was not asked: it names no address of its API for the region %s, "+
			"only for us1, ie1, au1 and jp1; if there is one, set it with the operator's flag --twilio-api-url.", credentials.Region)}
	}
	var findings []finding
	for _, q := range credentials.questions() {
		found := c.ask(ctx, base, q)
		findings = append(findings, found)
		if found.busy {
			break
		}
	}
	return answerOf(findings)
}

// ask asks one question.
func (c *Client) ask(parent context.Context, base *url.URL, q question) finding {
	ctx, cancel := context.WithTimeout(parent, c.limit)
	defer cancel()
	failed := func(err error) finding { return q.unanswered(c.cause(parent, base.Host, err)) }

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url(base), http.NoBody)
	if err != nil {
		return failed(err)
	}
	request.SetBasicAuth(q.username, q.password)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "capability-operator")
	response, err := c.http.Do(request)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = response.Body.Close() }() // read, or not to be read: nothing is lost
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil && !speaksForItself(response.StatusCode) {
		return failed(err)
	}
	return q.read(response.StatusCode, response.Header, body)
}
