package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

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

func (w *world) refusesNuisances(t *testing.T, bearer string) {
	t.Helper()
	straight := w.straight(t)
	config := straight.http.Transport.(*http.Transport).TLSClientConfig.Clone()
	const path = "/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/support/clientcapabilities/tommy/token"
	for name, test := range map[string]struct {
		sends string
		code  int
	}{
		"a body that does not come": {
			fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"spec\":", path, bearer),
			http.StatusRequestTimeout,
		},
		"a flood of headers": {
			"GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-Y: "+strings.Repeat("z", 1000)+"\r\n", 200) + "\r\n",
			http.StatusRequestHeaderFieldsTooLarge,
		},
		"two lengths": {
			fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", path),
			http.StatusBadRequest,
		},
		"a path that is none": {"GET \x00 HTTP/1.1\r\nHost: x\r\n\r\n", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := (&tls.Dialer{Config: withoutHTTP2(config)}).DialContext(t.Context(), "tcp", w.address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, test.sends); err != nil {
				t.Logf("it was cut off: %v", err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != test.code {
				body, _ := io.ReadAll(resp.Body)
				t.Errorf("%s: %s", resp.Status, body)
			}
		})
	}
}

func withoutHTTP2(config *tls.Config) *tls.Config {
	plain := config.Clone()
	plain.NextProtos = []string{"http/1.1"}
	return plain
}
