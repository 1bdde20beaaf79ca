package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/cert"
)

const (
	// scrapes is how often a page is asked for in a row.
	scrapes = 50
	// readers is the role of who may read metrics, as config/default has it.
	readers = "capability-operator-metrics-reader"
)

// scraper is who reads a manager's metrics as Prometheus does: by HTTPS, with a token, and compressed.
type scraper struct {
	client *http.Client
	token  string
	// certificates is the folder of the certificate that the manager has to have.
	certificates string
}

// scraped is what reading a page came to.
type scraped struct {
	page       []byte
	compressed int
	took       time.Duration
}

// scrape measures the page of metrics: of a manager with nothing to tell, with many objects, and without their own series.
func scrape(ctx context.Context, s *stage, t *table) error {
	reader, err := s.newScraper(ctx)
	if err != nil {
		return err
	}
	m, err := s.serve(ctx, reader)
	if err != nil {
		return err
	}
	if err := reader.await(ctx, m, "\ncapability_operator_leader 1\n"); err != nil { // which has it answer and remember
		return err
	}
	idle, err := s.atRest(ctx, m.process)
	if err != nil {
		return err
	}
	t.add(row{what: "memory idle, no objects, with metrics by HTTPS", figure: megabytes(idle.resident), aim: "≤ 45 MB"})
	if err := s.declare(ctx, 0, s.scraped, 0, always(lasting)); err != nil {
		return err
	}
	for _, flags := range [][]string{nil, {"--per-object-metrics=false"}} {
		if err := m.stop(); err != nil { // so that each is measured in a process that has just been started
			return err
		}
		if m, err = s.serve(ctx, reader, flags...); err != nil {
			return err
		}
		ready := fmt.Sprintf("\ncapability_operator_clientcapabilities{ready=\"True\",reason=\"TokenValid\"} %v\n", float64(s.scraped))
		if err := reader.await(ctx, m, ready); err != nil {
			return err
		}
		if err := s.scrapeAgainAndAgain(ctx, reader, m, t, flags); err != nil {
			return err
		}
	}
	return m.stop()
}

func (s *stage) scrapeAgainAndAgain(ctx context.Context, reader *scraper, m *manager, t *table, flags []string) error {
	before, err := s.atRest(ctx, m.process)
	if err != nil {
		return err
	}
	var took []time.Duration
	var last scraped
	for range scrapes {
		if last, err = reader.read(ctx, m); err != nil {
			return err
		}
		took = append(took, last.took)
	}
	after, err := m.usage()
	if err != nil {
		return err
	}
	of := spreadOf(took)
	t.add(row{
		what: strings.Join(append([]string{"scrape with " + thousands(s.scraped) + " objects"}, flags...), ", ") + ": lines, size",
		figure: fmt.Sprintf("%s, %.2f MB; compressed %.2f MB", thousands(bytes.Count(last.page, []byte("\n"))),
			float64(len(last.page))/1e6, float64(last.compressed)/1e6),
	}, row{
		what:   "the same: time of one, processor time of the manager for one",
		figure: fmt.Sprintf("p50 %s, max %s; %s", milliseconds(of.p50), milliseconds(of.most), milliseconds((after.cpu-before.cpu)/scrapes)),
	}, row{
		what:   fmt.Sprintf("the same: memory of the manager before, after %d in a row", scrapes),
		figure: fmt.Sprintf("%s, %s", megabytes(before.resident), megabytes(after.resident)),
	})
	return nil
}

// serve runs a manager that serves its metrics as it does on a cluster.
func (s *stage) serve(ctx context.Context, to *scraper, flags ...string) (*manager, error) {
	m, err := s.startManager(ctx, append([]string{"--metrics-secure=true", "--metrics-cert-path=" + to.certificates}, flags...)...)
	if err != nil {
		return nil, err
	}
	_, err = m.ready(ctx)
	return m, err
}

func (s *stage) newScraper(ctx context.Context) (*scraper, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "scraper"}}
	if err := s.Admin.Create(ctx, account); err != nil {
		return nil, fmt.Errorf("making a ServiceAccount: %w", err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: account.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: readers},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: account.Namespace, Name: account.Name}},
	}
	if err := s.Admin.Create(ctx, binding); err != nil {
		return nil, fmt.Errorf("binding the role of readers: %w", err)
	}
	asked := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(tokenLasts / time.Second))}}
	if err := s.Admin.SubResource("token").Create(ctx, account, asked); err != nil {
		return nil, fmt.Errorf("asking for a token of the scraper: %w", err)
	}
	authority, err := s.certify()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: authority, MinVersion: tls.VersionTLS12}}
	return &scraper{client: &http.Client{Transport: transport}, token: asked.Status.Token, certificates: s.dir}, nil
}

// certify writes a certificate for loopback, and returns what verifies it.
func (s *stage) certify() (*x509.CertPool, error) {
	certificate, key, err := cert.GenerateSelfSignedCertKey("localhost", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(s.dir, "tls.crt"), certificate, 0o600),
		os.WriteFile(filepath.Join(s.dir, "tls.key"), key, 0o600))
	if err != nil {
		return nil, fmt.Errorf("writing a certificate: %w", err)
	}
	authority := x509.NewCertPool()
	authority.AppendCertsFromPEM(certificate)
	return authority, nil
}

// await reads the page until it holds the text.
func (r *scraper) await(ctx context.Context, m *manager, text string) (err error) {
	seen := func(ctx context.Context) (bool, error) {
		if err := m.alive(); err != nil {
			return false, err
		}
		var last scraped
		last, err = r.read(ctx, m)
		return err == nil && bytes.Contains(last.page, []byte(text)), nil
	}
	if failed := wait.PollUntilContextTimeout(ctx, time.Second, 20*time.Minute, true, seen); failed != nil {
		return fmt.Errorf("waiting for a page that says %q: %w (%w)", text, failed, err)
	}
	return nil
}

func (r *scraper) read(ctx context.Context, m *manager) (scraped, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+m.metrics+"/metrics", http.NoBody)
	if err != nil {
		return scraped{}, fmt.Errorf("asking for metrics: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("Accept-Encoding", "gzip")
	begin := time.Now()
	response, err := r.client.Do(request)
	if err != nil {
		return scraped{}, fmt.Errorf("asking for metrics: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	took := time.Since(begin)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	if err != nil {
		return scraped{}, fmt.Errorf("reading metrics: %w", err)
	}
	expanded, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return scraped{}, fmt.Errorf("expanding metrics: %w", err)
	}
	page, err := io.ReadAll(expanded)
	if err != nil {
		return scraped{}, fmt.Errorf("expanding metrics: %w", err)
	}
	return scraped{page: page, compressed: len(body), took: took}, nil
}
