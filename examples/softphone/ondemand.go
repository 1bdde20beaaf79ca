package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// patience is less than the page has.
	patience = 8 * time.Second
	// mostRead is more than any answer of the API.
	mostRead = 64 << 10
)

// onDemand asks the on-demand API for tokens, by way of the API server, as the pod's own ServiceAccount.
type onDemand struct {
	apiServer       string // https://host:port
	serviceAccount  string // the folder with token and ca.crt
	namespace, name string // of the ClientCapability
	now             func() time.Time

	mu        sync.Mutex
	authority []byte // for which transport was made
	transport *http.Transport
}

// tokenRequest is as much of a TokenRequest, and of a Status, as is used here.
type tokenRequest struct {
	Spec struct {
		ClientName string `json:"clientName,omitempty"`
	} `json:"spec"`
	Status json.RawMessage `json:"status,omitempty"`
}

type failure struct {
	Message string `json:"message"`
}

// tokenFor asks for a token under the user's own name. Whether there may be one of this name is the declaration's to say
// (onDemand.clientNamePattern), and how long it lives (ttl).
func (o *onDemand) tokenFor(ctx context.Context, user string) (answer, *problem) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	status, retryAfter, body, err := o.ask(ctx, user)
	if err != nil {
		return answer{}, &problem{Code: unreachable, status: http.StatusServiceUnavailable,
			Message: fmt.Sprintf("The on-demand API can't be asked: %v.", err)}
	}
	if status != http.StatusCreated {
		return answer{}, refusal(status, retryAfter, body)
	}
	return o.granted(body)
}

func (o *onDemand) granted(body []byte) (answer, *problem) {
	var made tokenRequest
	var given struct {
		Token string `json:"token"`
	}
	err := errors.Join(json.Unmarshal(body, &made), json.Unmarshal(made.Status, &given))
	if err != nil {
		return answer{}, &problem{Code: unreachable, status: http.StatusBadGateway, Message: "The on-demand API's answer is not a TokenRequest."}
	}
	found, err := read(given.Token, o.now())
	if err != nil {
		return answer{}, &problem{Code: notGranted, status: http.StatusBadGateway,
			Message: fmt.Sprintf("The on-demand API gave no Access token: %v.", err)}
	}
	return found, nil
}

func (o *onDemand) ask(ctx context.Context, user string) (status, retryAfter int, body []byte, err error) {
	bearer, transport, err := o.credentials()
	if err != nil {
		return 0, 0, nil, err
	}
	asked := tokenRequest{}
	asked.Spec.ClientName = user
	content, err := json.Marshal(asked)
	if err != nil {
		return 0, 0, nil, fmt.Errorf("writing the request: %w", err)
	}
	address := o.apiServer + "/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/" + url.PathEscape(o.namespace) +
		"/clientcapabilities/" + url.PathEscape(o.name) + "/token"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(content))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	request.Header.Set("Content-Type", jsonType)
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, 0, nil, fmt.Errorf("asking the API server: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(response.Body, mostRead))
	if err != nil {
		return 0, 0, nil, fmt.Errorf("reading the API server's answer: %w", err)
	}
	retryAfter, _ = strconv.Atoi(response.Header.Get(retryAfterName)) // absent is 0
	return response.StatusCode, retryAfter, body, nil
}

// credentials reads both files anew: Kubernetes renews the token about hourly, and an authority can change. Connections
// are kept while the authority is the same.
func (o *onDemand) credentials() (bearer string, transport *http.Transport, err error) {
	folder, err := os.OpenRoot(o.serviceAccount)
	if err != nil {
		return "", nil, fmt.Errorf("opening the ServiceAccount's folder: %w", err)
	}
	defer func() { _ = folder.Close() }()
	token, err := folder.ReadFile("token")
	if err != nil {
		return "", nil, fmt.Errorf("reading the ServiceAccount's token: %w", err)
	}
	authority, err := folder.ReadFile("ca.crt")
	if err != nil {
		return "", nil, fmt.Errorf("reading the API server's authority: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.transport == nil || !bytes.Equal(authority, o.authority) {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(authority) {
			return "", nil, errors.New("reading the API server's authority: there is no certificate in ca.crt")
		}
		if o.transport != nil {
			o.transport.CloseIdleConnections()
		}
		o.transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
		o.authority = authority
	}
	return strings.TrimSpace(string(token)), o.transport, nil
}

// refusal says what the answers that docs/on-demand.md lists mean to the page.
func refusal(status, retryAfter int, body []byte) *problem {
	var said failure
	if json.Unmarshal(body, &said) != nil || said.Message == "" {
		said.Message = fmt.Sprintf("status %d without a message", status)
	}
	switch status {
	case http.StatusUnprocessableEntity:
		return &problem{Code: nameRefused, status: http.StatusForbidden, Message: said.Message}
	case http.StatusConflict, http.StatusNotFound:
		return &problem{Code: notGranted, status: http.StatusServiceUnavailable, Message: said.Message}
	case http.StatusUnauthorized, http.StatusForbidden:
		return &problem{Code: notPermitted, status: http.StatusServiceUnavailable, Message: said.Message}
	default:
		return &problem{Code: unreachable, status: http.StatusServiceUnavailable, retryAfter: retryAfter, Message: said.Message}
	}
}
