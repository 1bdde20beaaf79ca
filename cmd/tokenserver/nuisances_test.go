package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	tokensv1alpha1 "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

func verifies(t *testing.T, a answer, key string) bool {
	t.Helper()
	granted := tokensv1alpha1.TokenRequest{}
	if err := json.Unmarshal([]byte(a.body), &granted); err != nil {
		return false
	}
	_, err := capability.Verify(granted.Status.Token, key, time.Now())
	return err == nil
}

const tommysToken = "/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/support/clientcapabilities/tommy/token"

const (
	// cut is the code of who gets no answer: the connection ends.
	cut = 0
	// ended is that, or 400 before it, as the time was over within a line or between two.
	ended = -1
)

// nuisance is what is written on a connection, and what comes back.
type nuisance struct {
	sends string
	// drips is what follows a byte at a time, and plain does without TLS.
	drips string
	plain bool
	code  int
}

// nuisances are those that a client library does not send.
func nuisances(bearer string) map[string]nuisance {
	asking := "POST " + tommysToken + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + bearer + "\r\nContent-Type: application/json\r\n"
	return map[string]nuisance{
		"a body that does not come":            {sends: asking + "Content-Length: 20\r\n\r\n{\"spec\":", code: http.StatusRequestTimeout},
		"a body that drips":                    {sends: asking + "Content-Length: 2000\r\n\r\n", drips: strings.Repeat(" ", 2000), code: http.StatusRequestTimeout},
		"a chunk that does not come":           {sends: asking + "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"spec\":", code: http.StatusRequestTimeout},
		"a header that does not come":          {sends: asking, code: ended},
		"a header that drips":                  {sends: asking, drips: strings.Repeat("X-Y: z\r\n", 200), code: ended},
		"a request line that does not come":    {sends: "POST /apis", code: ended},
		"nothing at all":                       {code: cut},
		"a handshake that does not come":       {plain: true, code: cut},
		"a handshake that is none":             {sends: "\x16\x03\x01\xff\xff" + strings.Repeat("\x00", 300), plain: true, code: cut},
		"a request without TLS":                {sends: asking + "\r\n", plain: true, code: http.StatusBadRequest},
		"a body without an end":                {sends: asking + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("400\r\n"+strings.Repeat(" ", 1024)+"\r\n", 100), code: http.StatusRequestEntityTooLarge},
		"a body of a terabyte":                 {sends: asking + "Content-Length: 1099511627776\r\n\r\n" + strings.Repeat(" ", 20000), code: http.StatusRequestEntityTooLarge},
		"a body that is announced and too big": {sends: asking + "Expect: 100-continue\r\nContent-Length: 20000\r\n\r\n" + strings.Repeat(" ", 20000), code: http.StatusRequestEntityTooLarge},
		"a chunk of no length":                 {sends: asking + "Transfer-Encoding: chunked\r\n\r\nmany\r\n{}\r\n0\r\n\r\n", code: http.StatusBadRequest},
		"a chunk of less than nothing":         {sends: asking + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n", code: http.StatusBadRequest},
		"a chunk with a long remark":           {sends: asking + "Transfer-Encoding: chunked\r\n\r\n2;" + strings.Repeat("x", 20000) + "\r\n{}\r\n0\r\n\r\n", code: http.StatusBadRequest},
		"another encoding of the transfer":     {sends: asking + "Transfer-Encoding: gzip\r\n\r\n{}", code: http.StatusNotImplemented},
		"a flood of long headers":              {sends: asking + strings.Repeat("X-Y: "+strings.Repeat("z", 1000)+"\r\n", 200) + "\r\n", code: http.StatusRequestHeaderFieldsTooLarge},
		"a flood of short headers":             {sends: asking + strings.Repeat("X-Y: z\r\n", 30000) + "\r\n", code: http.StatusRequestHeaderFieldsTooLarge},
		"one endless header":                   {sends: asking + "X-Y: " + strings.Repeat("z", 200000) + "\r\n\r\n", code: http.StatusRequestHeaderFieldsTooLarge},
		"an endless path":                      {sends: "GET /" + strings.Repeat("z", 200000) + " HTTP/1.1\r\nHost: x\r\n\r\n", code: http.StatusRequestHeaderFieldsTooLarge},
		"an endless bearer token":              {sends: "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("z", 200000) + "\r\n\r\n", code: http.StatusRequestHeaderFieldsTooLarge},
		"a long bearer token":                  {sends: "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("z", 100000) + "\r\n\r\n", code: http.StatusUnauthorized},
		"a header without a name":              {sends: asking + ": x\r\n\r\n", code: http.StatusBadRequest},
		"a header with a zero byte":            {sends: asking + "X-Y: \x00\r\n\r\n", code: http.StatusBadRequest},
		"a header that is folded":              {sends: asking + "X-Y: z\r\n  z\x01\r\n\r\n", code: http.StatusBadRequest},
		"two lengths":                          {sends: asking + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", code: http.StatusBadRequest},
		"a length below zero":                  {sends: asking + "Content-Length: -2\r\n\r\n{}", code: http.StatusBadRequest},
		"no host":                              {sends: "POST " + tommysToken + " HTTP/1.1\r\n\r\n", code: http.StatusBadRequest},
		"two hosts":                            {sends: asking + "Host: y\r\n\r\n", code: http.StatusBadRequest},
		"a path that is none":                  {sends: "GET \x00 HTTP/1.1\r\nHost: x\r\n\r\n", code: http.StatusBadRequest},
		"a path with a broken escape":          {sends: "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", code: http.StatusBadRequest},
		"a path without a slash":               {sends: "GET apis HTTP/1.1\r\nHost: x\r\n\r\n", code: http.StatusBadRequest},
		"a way up":                             {sends: "POST /x/.." + strings.TrimPrefix(asking, "POST ") + "Content-Length: 2\r\n\r\n{}", code: http.StatusForbidden},
		"a tunnel":                             {sends: "CONNECT kubernetes.default.svc:443 HTTP/1.1\r\nHost: kubernetes.default.svc:443\r\n\r\n", code: http.StatusUnauthorized},
		"another protocol":                     {sends: "GET / HTTP/9.9\r\nHost: x\r\n\r\n", code: http.StatusHTTPVersionNotSupported},
		"a protocol that is none":              {sends: "HELO x\r\n\r\n", code: http.StatusBadRequest},
		"a flood of headers by HTTP/2":         {sends: floodByHTTP2(), code: cut},
	}
}

// floodByHTTP2 begins a header and goes on with it, a frame after the other.
func floodByHTTP2() string {
	frame := func(kind, flags byte, stream byte, payload string) string {
		size := len(payload)
		return string([]byte{byte(size >> 16), byte(size >> 8), byte(size), kind, flags, 0, 0, 0, stream}) + payload
	}
	const settings, headers, continuation = 0x4, 0x1, 0x9
	field := "\x00\x03x-y\x7e" + strings.Repeat("z", 126) // literal, not to be remembered
	return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(settings, 0, 0, "") + frame(headers, 0, 1, "\x83\x84\x87"+field) +
		strings.Repeat(frame(continuation, 0, 1, strings.Repeat(field, 100)), 200)
}

func (w *world) refusesNuisances(t *testing.T, bearer string) {
	t.Helper()
	straight := w.straight(t)
	config := straight.http.Transport.(*http.Transport).TLSClientConfig.Clone()
	all := nuisances(bearer)
	type outcome struct {
		name string
		code int
		err  error
	}
	outcomes := make(chan outcome)
	for name, nuisance := range all {
		go func() { // all at once: most of them wait
			code, err := nuisance.get(t.Context(), w.address, config.Clone())
			outcomes <- outcome{name, code, err}
		}()
	}
	for range 20 {
		straight.ask(t, "tommy", `{}`, bearer).verified(t)
	}
	for range all {
		came := <-outcomes
		t.Run(came.name, func(t *testing.T) {
			want := all[came.name].code
			if fits := came.code == want || want == ended && (came.code == cut || came.code == http.StatusBadRequest); came.err != nil || !fits {
				t.Errorf("%d, not %d (%v)", came.code, want, came.err)
			}
		})
	}
	straight.ask(t, "tommy", `{}`, bearer).verified(t)
}

// get sends it and reads what comes back, which does not take longer than the time for a header.
func (n nuisance) get(ctx context.Context, address string, config *tls.Config) (int, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return 0, err
	}
	if !n.plain {
		config.NextProtos = []string{"http/1.1"}
		if strings.HasPrefix(n.sends, "PRI ") {
			config.NextProtos = []string{"h2"}
		}
		conn = tls.Client(conn, config)
	}
	drips := n.drips
	go func() { // who is told no may be told so before he has said all
		if _, err := io.WriteString(conn, n.sends); err == nil {
			_ = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
				if drips == "" {
					return true, nil
				}
				_, err := io.WriteString(conn, drips[:1])
				drips = drips[1:]
				return false, err
			})
		}
	}()
	return n.read(conn)
}

// read is the code of the answer, or that the connection ended before one. For HTTP/2 it reads frames until that end.
func (n nuisance) read(conn net.Conn) (int, error) {
	if strings.HasPrefix(n.sends, "PRI ") {
		_, err := io.Copy(io.Discard, conn)
		return cut, unlessOver(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return cut, unlessOver(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusContinue {
		return 0, fmt.Errorf("it is told to go on")
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, unlessOver(err)
}

// unlessOver is nil where the other side has ended the connection, in time.
func unlessOver(err error) error {
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return err
	}
	return nil
}
