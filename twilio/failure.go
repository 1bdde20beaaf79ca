package twilio

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// proxyError is a proxy's answer other than that it has connected.
type proxyError struct{ status int }

func (e proxyError) Error() string { return fmt.Sprintf("the proxy answers with HTTP %d", e.status) }

func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode != http.StatusOK {
		return proxyError{response.StatusCode}
	}
	return nil
}

// cause is why there is no answer, in words of our own: the errors of net/http quote
// URLs, addresses and ports, which change from try to try, and for a proxy its user
// name.
func (c *Client) cause(parent context.Context, host string, err error) string {
	var refusal proxyError
	var operation *net.OpError
	var name *net.DNSError
	var timeout net.Error
	switch {
	case parent.Err() != nil:
		return "the question was broken off before there was an answer"
	case errors.As(err, &refusal):
		return fmt.Sprintf("the proxy that the operator's environment names refuses to connect to %s (HTTP %d)", host, refusal.status)
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		return "the proxy that the operator's environment names can't be reached"
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("DNS knows no %s", host)
	case errors.As(err, &name):
		return fmt.Sprintf("DNS gives no answer about %s", host)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("%s gave no answer within %s", host, c.limit)
	}
	return causeInConnection(host, err)
}

func causeInConnection(host string, err error) string {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var operation *net.OpError
	switch {
	case errors.As(err, &certificate):
		return fmt.Sprintf("%s shows a certificate that is not trusted here", host)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record),
		// These two operations are how crypto/tls calls an alert.
		errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error"):
		return fmt.Sprintf("%s does not speak TLS 1.2 or newer with us", host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refuses connections", host)
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return fmt.Sprintf("there is no way to %s from here", host)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Sprintf("%s broke off before its answer was complete", host)
	}
	return fmt.Sprintf("the connection to %s failed", host)
}
