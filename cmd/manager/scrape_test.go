package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// reader is somebody who asks for metrics.
type reader struct {
	token string
	// authority has the manager's certificate verified, for the name of its Service; nil for who does not look.
	authority *x509.CertPool
	// plain asks without TLS, and http2 for that protocol.
	plain, http2 bool
}

// answer is what a reader gets.
type answer struct {
	code           int
	protocol, body string
	challenge      string
	certificate    *x509.Certificate
}

func (r reader) ask(ctx context.Context, address string) (answer, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: r.authority, ServerName: metricsName, InsecureSkipVerify: r.authority == nil}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: r.http2}
	defer transport.CloseIdleConnections()
	scheme := "https"
	if r.plain {
		scheme = "http"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+address+"/metrics", http.NoBody)
	if err != nil {
		return answer{}, err
	}
	if r.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	response, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	got := answer{code: response.StatusCode, protocol: response.Proto, body: string(body), challenge: response.Header.Get("WWW-Authenticate")}
	if response.TLS != nil {
		got.certificate = response.TLS.PeerCertificates[0]
	}
	return got, err
}

// mustAsk fails unless there is an answer.
func (r reader) mustAsk(t *testing.T, address string) answer {
	t.Helper()
	got, err := r.ask(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// await asks until the page is as wanted.
func (r reader) await(t *testing.T, p *process, what string, wanted func(page string) bool) string {
	t.Helper()
	var last answer
	var failed error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		last, failed = r.ask(ctx, p.metrics)
		return failed == nil && last.code == http.StatusOK && wanted(last.body), nil
	})
	if err != nil {
		t.Fatalf("waiting until %s: %v, with %d:\n%s", what, failed, last.code, strings.Join(ownSeries(last.body), "\n"))
	}
	return last.body
}

// ownSeries are the lines of a page that are the operator's own.
func ownSeries(page string) []string {
	var lines []string
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "capability_operator_") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// says is a page that has all of the lines.
func says(lines ...string) func(string) bool {
	return func(page string) bool {
		for _, line := range lines {
			if !strings.Contains("\n"+page, "\n"+line+"\n") {
				return false
			}
		}
		return true
	}
}

// account makes a ServiceAccount, which may read metrics or not, and returns a token of it for the audiences.
func account(t *testing.T, api client.Client, name string, mayRead bool, audiences ...string) string {
	t.Helper()
	made := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
	create(t, api, made)
	if mayRead {
		create(t, api,
			&rbacv1.ClusterRole{
				ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}},
			},
			&rbacv1.ClusterRoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
				Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "default", Name: name}},
			})
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences}}
	if err := api.SubResource("token").Create(t.Context(), made, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

func create(t *testing.T, api client.Client, made ...client.Object) {
	t.Helper()
	for _, object := range made {
		if err := api.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// metricsName is what a certificate of metrics is for.
const metricsName = "capability-operator-metrics.capability-operator-system.svc"

// certify puts a new certificate that signs itself into the folder, as a kubelet does: the files are links by way of a
// link to a folder, and that is replaced.
func certify(t *testing.T, folder string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial := time.Now().UnixNano()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: fmt.Sprint(serial)}, DNSNames: []string{metricsName},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	version := fmt.Sprintf("..%d", serial)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	for name, content := range map[string][]byte{
		"tls.crt": certificate, "tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: rawKey}),
	} {
		mustDo(t, os.MkdirAll(filepath.Join(folder, version), 0o700))
		mustDo(t, os.WriteFile(filepath.Join(folder, version, name), content, 0o600))
		if _, err := os.Lstat(filepath.Join(folder, name)); err != nil {
			mustDo(t, os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)))
		}
	}
	mustDo(t, os.Symlink(version, filepath.Join(folder, "..next")))
	mustDo(t, os.Rename(filepath.Join(folder, "..next"), filepath.Join(folder, "..data")))
	authority := x509.NewCertPool()
	authority.AppendCertsFromPEM(certificate)
	return authority
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
