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
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// mount writes the files as a kubelet does: all of them change in one moment.
func mount(t *testing.T, folder, version string, files map[string][]byte) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(folder, version), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, version, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	data, next := filepath.Join(folder, "..data"), filepath.Join(folder, "..next")
	former, _ := os.Readlink(data) // at first there is none
	if err := os.Symlink(version, next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, data); err != nil {
		t.Fatal(err)
	}
	if former != "" {
		if err := os.RemoveAll(filepath.Join(folder, former)); err != nil {
			t.Fatal(err)
		}
	}
}

// forLocalhost is a certificate that signs itself, as cert-manager would write one.
func forLocalhost(t *testing.T, serial int64) map[string][]byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, IsCA: true,
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"tls.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}),
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

// shown is the serial number of the certificate that new connections are shown.
func shown(t *testing.T, address string, authorities *x509.CertPool) int64 {
	t.Helper()
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: authorities, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		return 0
	}
	defer func() { _ = conn.Close() }()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// nowhere is a kubeconfig of an API server that does not answer.
func nowhere(t *testing.T) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["none"] = &clientcmdapi.Cluster{Server: "https://" + controlplane.FreeAddress(t)}
	config.Contexts["none"] = &clientcmdapi.Context{Cluster: "none"}
	config.CurrentContext = "none"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// No API server is needed for it: the certificate is shown while one is waited for.
func TestAMountedCertificateIsReadAgainWhenItChangesAndDropsNoConnection(t *testing.T) {
	folder, address, log := t.TempDir(), controlplane.FreeAddress(t), &journal{}
	first, second := forLocalhost(t, 1), forLocalhost(t, 2)
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(first["tls.crt"])
	authorities.AppendCertsFromPEM(second["tls.crt"])
	mount(t, folder, "..one", first)
	running, end := context.WithCancel(t.Context())
	defer end()
	started := process(running, "--kubeconfig="+nowhere(t), "--bind-address="+address,
		"--tls-cert-file="+filepath.Join(folder, "tls.crt"), "--tls-private-key-file="+filepath.Join(folder, "tls.key"))
	started.Stdout, started.Stderr = log, log
	if err := started.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, func() bool { return shown(t, address, authorities) == 1 }, log.String)

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	held := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	if _, code := lives(t, held, address); code != http.StatusOK {
		t.Fatalf("it does not live: %d", code)
	}
	mount(t, folder, "..two", second)
	eventually(t, 30*time.Second, func() bool { return shown(t, address, authorities) == 2 }, log.String)
	if same, code := lives(t, held, address); !same || code != http.StatusOK {
		t.Errorf("the connection that was open is used again: %v, %d", same, code)
	}
	t.Run("and what can't be read leaves the last one shown", func(t *testing.T) {
		mount(t, folder, "..three", map[string][]byte{"tls.crt": []byte("none"), "tls.key": []byte("none")})
		eventually(t, 30*time.Second, func() bool { return strings.Contains(log.String(), "failed to find any PEM data") }, log.String)
		if got := shown(t, address, authorities); got != 2 {
			t.Errorf("shown is %d", got)
		}
	})
	end()
	if err := started.Wait(); err != nil && !errors.Is(err, context.Canceled) || !started.ProcessState.Success() {
		t.Errorf("it ended with: %v, %s\n%s", err, started.ProcessState, log)
	}
}

// lives asks whether the server does, and tells whether by a connection that was open.
func lives(t *testing.T, through *http.Client, address string) (open bool, code int) {
	t.Helper()
	traced := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { open = info.Reused }})
	req, err := http.NewRequestWithContext(traced, http.MethodGet, "https://"+address+"/livez", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := through.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return open, resp.StatusCode
}
