//go:build faults

package faults_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// proxy stands between one manager and the API server, and is where calls and watches are broken. Without a fault it
// passes everything on, as a member of system:masters.
type proxy struct {
	server *httptest.Server
	onward *httputil.ReverseProxy
	tap    *tap

	mu     sync.Mutex
	faults []*injected
	seen   map[string]int
	done   map[string]int
	ahead  time.Duration
}

// injected is a fault in force for the requests that it matches.
type injected struct {
	match matcher
	fault fault
}

// matcher picks requests, fault answers them; next passes them on.
type (
	matcher func(*http.Request) bool
	fault   func(w http.ResponseWriter, r *http.Request, next http.Handler)
)

func newProxy(t *testing.T, cluster *controlplane.Cluster) *proxy {
	t.Helper()
	target, err := url.Parse(cluster.Config.Host)
	if err != nil {
		t.Fatal(err)
	}
	if target.Scheme == "" {
		target, err = url.Parse("https://" + cluster.Config.Host)
	}
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{tap: newTap(), seen: map[string]int{}, done: map[string]int{}}
	p.onward = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		FlushInterval:  -1,
		ModifyResponse: p.modify,
		// A server that can't be reached has no status code for it.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.server = httptest.NewServer(p)
	t.Cleanup(func() {
		p.tap.close()
		p.server.CloseClientConnections()
		p.server.Close()
	})
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen[kindOf(r)]++
	var fault fault
	for _, f := range p.faults {
		if f.match(r) {
			fault = f.fault
			break
		}
	}
	p.mu.Unlock()
	if fault != nil {
		fault(w, r, p.onward)
		return
	}
	p.onward.ServeHTTP(w, r)
}

func (p *proxy) modify(response *http.Response) error {
	p.mu.Lock()
	ahead := p.ahead
	if response.StatusCode < http.StatusMultipleChoices {
		p.done[kindOf(response.Request)]++
	}
	p.mu.Unlock()
	if ahead != 0 {
		response.Header.Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
	}
	if isWatch(response.Request) {
		response.Body = p.tap.through(response.Body)
	}
	return nil
}

// inject puts a fault in force until the returned function is called.
func (p *proxy) inject(match matcher, fault fault) (mend func()) {
	f := &injected{match: match, fault: fault}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i := range p.faults {
			if p.faults[i] == f {
				p.faults = append(p.faults[:i:i], p.faults[i+1:]...)
				return
			}
		}
	}
}

// setClockAhead has every answer say that the API server's clock is ahead.
func (p *proxy) setClockAhead(by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead = by
}

// count is how many requests of a kind came so far.
func (p *proxy) count(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[kind]
}

// effective is how many requests of these kinds were answered with success.
func (p *proxy) effective(kinds ...string) (sum int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, kind := range kinds {
		sum += p.done[kind]
	}
	return sum
}

// kubeconfig is the path of a kubeconfig file that leads here.
func (p *proxy) kubeconfig(t *testing.T) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["proxied"] = &clientcmdapi.Cluster{Server: p.server.URL}
	config.AuthInfos["manager"] = &clientcmdapi.AuthInfo{}
	config.Contexts["proxied"] = &clientcmdapi.Context{Cluster: "proxied", AuthInfo: "manager"}
	config.CurrentContext = "proxied"
	content, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
