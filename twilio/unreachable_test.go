package twilio_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/twilio"
	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

const couldNot = "Twilio could not be asked about the AuthToken: "

// checkUnreachable asks, and expects no answer for this cause.
func checkUnreachable(t *testing.T, client *twilio.Client, cause string) {
	t.Helper()
	check(t, client.Verify(t.Context(), token()), twilio.Answer{Detail: couldNot + cause + "."})
}

func host(raw string) string {
	_, host, _ := strings.Cut(raw, "://")
	return host
}

func TestNoAnswerInTimeIsUnreachable(t *testing.T) {
	stub, client := newStub(t)
	stub.Slow()
	client.Limit(50 * time.Millisecond)
	checkUnreachable(t, client, host(stub.URL())+" gave no answer within 50ms")
}

func TestAnAnswerThatNeverEndsIsUnreachable(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"sid": "`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	client := newClient(t, base)
	client.Limit(50 * time.Millisecond)
	checkUnreachable(t, client, host(base)+" gave no answer within 50ms")
}

func TestAnAnswerWithoutEndIsReadToItsLimitOnly(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for chunk := []byte(strings.Repeat(" ", 4096)); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	check(t, newClient(t, base).Verify(t.Context(), token()), twilio.Answer{Detail: aboutToken + "it is longer than 64 KiB (HTTP 200)."})
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	stub, client := newStub(t)
	stub.Slow()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	check(t, client.Verify(ctx, token()), twilio.Answer{Detail: couldNot + "the question was broken off before there was an answer."})
}

func TestARefusedConnectionIsUnreachable(t *testing.T) {
	stub, client := newStub(t)
	stub.Close()
	checkUnreachable(t, client, host(stub.URL())+" refuses connections")
}

func TestABrokenConnectionIsUnreachable(t *testing.T) {
	for name, sent := range map[string]string{
		"before an answer": "",
		"in the header":    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
		"in the body":      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + twiliotest.AccountBody(accountSID, "active")[:100],
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				connection, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(connection, sent)
				_ = connection.Close()
			})
			checkUnreachable(t, newClient(t, base), host(base)+" broke off before its answer was complete")
		})
	}
}

func TestAnAnswerThatIsNoHTTPIsUnreachable(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(connection, twiliosText+"\r\n\r\n")
		_ = connection.Close()
	})
	checkUnreachable(t, newClient(t, base), "the connection to "+host(base)+" failed")
}

func TestNamesThatDNSDoesNotGiveAreUnreachable(t *testing.T) {
	for name, tc := range map[string]struct {
		err   net.DNSError
		cause string
	}{
		"no such name": {net.DNSError{Name: "api.twilio.com", Err: "no such host", IsNotFound: true}, "DNS knows no api.twilio.com"},
		"no answer":    {net.DNSError{Name: "api.twilio.com", Err: "i/o timeout", IsTimeout: true}, "DNS gives no answer about api.twilio.com"},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, twilio.DefaultBaseURL)
			client.Through(transport(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &tc.err}
			}))
			checkUnreachable(t, client, tc.cause)
		})
	}
}

// transport is a function in a transport's place.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// serveTLS is serve with TLS.
func serveTLS(t *testing.T, maxVersion uint16) (*httptest.Server, *int) {
	t.Helper()
	asked := new(int)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*asked++
		_, _ = io.WriteString(w, twiliotest.AccountBody(accountSID, "active"))
	}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: maxVersion}
	server.Config.ErrorLog = discard
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, asked
}

func TestTLSIsVerified(t *testing.T) {
	server, asked := serveTLS(t, tls.VersionTLS13)
	client := newClient(t, server.URL)
	checkUnreachable(t, client, host(server.URL)+" shows a certificate that is not trusted here")
	if *asked != 0 {
		t.Error("credentials were sent to a server that is not trusted")
	}

	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client.Trust(roots)
	check(t, client.Verify(t.Context(), token()), twilio.Answer{Verdict: twilio.Accepted, Detail: "Twilio accepts the AuthToken."})
}

func TestOldTLSIsUnreachable(t *testing.T) {
	server, asked := serveTLS(t, tls.VersionTLS11)
	checkUnreachable(t, newClient(t, server.URL), host(server.URL)+" does not speak TLS 1.2 or newer with us")
	if *asked != 0 {
		t.Error("credentials were sent over TLS 1.1")
	}
}

func TestPlainHTTPInPlaceOfTLSIsUnreachable(t *testing.T) {
	stub, _ := newStub(t)
	client := newClient(t, "https://"+host(stub.URL()))
	checkUnreachable(t, client, host(stub.URL())+" does not speak TLS 1.2 or newer with us")
	if got := stub.Requests(); len(got) != 0 {
		t.Errorf("asked without TLS: %v", got)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere, _ := newStub(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL()+r.URL.RequestURI(), status)
		})
		got := newClient(t, base).Verify(t.Context(), token())
		if got.Verdict != twilio.Unreachable || !strings.HasSuffix(got.Detail, ", which is not followed.") {
			t.Errorf("HTTP %d: %s: %s", status, got.Verdict, got.Detail)
		}
	}
	if got := elsewhere.Requests(); len(got) != 0 {
		t.Errorf("redirects were followed: %v", got)
	}
}

func TestAProxySeesNoCredentials(t *testing.T) {
	seen := make(chan string, 1)
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var text strings.Builder
		_ = r.Write(&text)
		seen <- text.String()
		http.Error(w, "no", http.StatusProxyAuthRequired)
	})
	client := newClient(t, twilio.DefaultBaseURL)
	address, err := url.Parse("http://somebody:proxypassword@" + host(proxy))
	if err != nil {
		t.Fatal(err)
	}
	client.Proxy(address)
	checkUnreachable(t, client, "the proxy that the operator's environment names refuses to connect to api.twilio.com (HTTP 407)")
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(<-seen)))
	if err != nil || request.Method != http.MethodConnect || request.Header.Get("Authorization") != "" {
		t.Errorf("the proxy was asked: %v, %v", request, err)
	}
}

func TestAMissingProxyIsUnreachable(t *testing.T) {
	stub, _ := newStub(t)
	stub.Close()
	address, err := url.Parse(stub.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, twilio.DefaultBaseURL)
	client.Proxy(address)
	checkUnreachable(t, client, "the proxy that the operator's environment names can't be reached")
}

func TestAnyOtherFailureIsUnreachable(t *testing.T) {
	client := newClient(t, twilio.DefaultBaseURL)
	client.Through(transport(func(*http.Request) (*http.Response, error) { return nil, errors.New(authToken) }))
	checkUnreachable(t, client, "the connection to api.twilio.com failed")
}
