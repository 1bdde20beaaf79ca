package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

const (
	// pingPath is a check of the library's that never fails: behind everything that a request for a token goes through
	// too (who asks, may they, how many at once, the body), it writes "ok".
	pingPath = "/livez/ping"
	askBody  = `{"spec": {"ttl": "5s"}}`
	nameBody = `{"spec": {"ttl": "5s", "clientName": "` + chosenClient + `"}}`
)

var (
	groupPath = "/apis/" + tokens.GroupVersion.String()
	tokenPath = groupPath + "/namespaces/" + tenant + "/clientcapabilities/"
)

// kind is a kind of request.
type kind struct {
	what, method, path, body string
	code                     int
	client                   string // whom the token is for; empty where none is asked for
}

// Requests that do nothing but answer. Discovery is what there is on both ways: a document that never changes. The others
// are the least that there can be: one has all that a request for a token has, the other not even a body.
var (
	nothing   = kind{what: "nothing: `POST " + pingPath + "`, the same body", method: http.MethodPost, path: pingPath, body: askBody, code: http.StatusOK}
	bare      = kind{what: "nothing: `GET " + pingPath + "`", method: http.MethodGet, path: pingPath, code: http.StatusOK}
	discovery = kind{what: "nothing: `GET` of the discovery document", method: http.MethodGet, path: groupPath, code: http.StatusOK}
)

// Requests for tokens.
var (
	one = kind{
		what: "a token", method: http.MethodPost, path: tokenPath + fixed + "/token", body: askBody,
		code: http.StatusCreated, client: fixedClient,
	}
	picked = kind{
		what: "a token, name chosen within two patterns", method: http.MethodPost, path: tokenPath + chosen + "/token", body: nameBody,
		code: http.StatusCreated, client: chosenClient,
	}
)

// way is how requests get there, over connections of its own that stay open.
type way struct {
	name     string
	straight bool
	base     string
	bearer   string
	kinds    []kind
	lines    []*http.Transport // one connection each
	dialled  *atomic.Int64
}

// ways are the ones that a caller has. HTTP/2 is what Go's clients speak, client-go's among them; much else speaks HTTP/1.1.
func (s *stage) ways() ([]*way, error) {
	straight := []kind{bare, nothing, discovery, one, picked}
	var ways []*way
	for _, w := range []*way{
		{name: "straight, HTTP/1.1", straight: true, base: "https://" + s.server.address, bearer: s.straight, kinds: straight},
		{name: "straight, HTTP/2", straight: true, base: "https://" + s.server.address, bearer: s.straight, kinds: straight},
		{name: "through the API server, HTTP/2", base: strings.TrimSuffix(s.cluster.Config.Host, "/"), bearer: s.bearer, kinds: []kind{discovery, one, picked}},
	} {
		trusted, server := s.cluster.Config.CAData, ""
		if w.straight {
			trusted, server = s.authority, "tokenserver."+operatorNamespace+".svc"
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(trusted) {
			return nil, errors.New("there is no authority to know the server by")
		}
		w.dialled = &atomic.Int64{}
		for range s.connections {
			w.lines = append(w.lines, w.connect(&tls.Config{RootCAs: pool, ServerName: server, MinVersion: tls.VersionTLS12}))
		}
		ways = append(ways, w)
	}
	return ways, nil
}

// connect is a client of one connection.
func (w *way) connect(config *tls.Config) *http.Transport {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(strings.HasSuffix(w.name, "HTTP/1.1"))
	protocols.SetHTTP2(!protocols.HTTP1())
	return &http.Transport{
		TLSClientConfig: config, MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1, Protocols: protocols,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			w.dialled.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
}

func (w *way) close() {
	for _, line := range w.lines {
		line.CloseIdleConnections()
	}
}
