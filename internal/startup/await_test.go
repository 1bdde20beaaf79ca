package startup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// serve answers with the status at the address until the test ends.
func serve(t *testing.T, address string, status int) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	})}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
}

func awaiting(ctx context.Context, address, probes string) <-chan error {
	ended := make(chan error, 1)
	go func() {
		answers, err := AwaitAPIServer(ctx, &rest.Config{Host: "http://" + address}, probes)
		if err == nil && !answers {
			err = errors.New("it ended though nobody told it to")
		}
		ended <- err
	}()
	return ended
}

func TestAnAPIServerThatAnswersIsNotWaitedFor(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			address := controlplane.FreeAddress(t)
			serve(t, address, status)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if answers, err := AwaitAPIServer(ctx, &rest.Config{Host: "http://" + address}, "0"); !answers || err != nil {
				t.Errorf("it was waited for: %v", err)
			}
		})
	}
}

func TestAProgramThatStartsInAnOutageLivesAndWaits(t *testing.T) {
	address, probes := controlplane.FreeAddress(t), controlplane.FreeAddress(t)
	ended := awaiting(t.Context(), address, probes)
	for until := time.Now().Add(10 * time.Second); ; {
		err := get(t, probes+"/healthz")
		if err == nil {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("it does not say that it lives: %v", err)
		}
	}
	if err := get(t, probes+"/readyz"); err == nil || !strings.Contains(err.Error(), "500") {
		t.Errorf("it says that it is ready (%v)", err)
	}
	select {
	case err := <-ended:
		t.Fatalf("it did not wait: %v", err)
	default:
	}

	serve(t, address, http.StatusOK)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it waited, and then: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it still waits though the API server answers")
	}
	// The program listens there next.
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", probes)
	if err != nil {
		t.Fatalf("its address is still taken: %v", err)
	}
	_ = listener.Close()
}

func TestAProxyThatAnswersForAnAPIServerIsNotTheAPIServer(t *testing.T) {
	address := controlplane.FreeAddress(t)
	serve(t, address, http.StatusBadGateway)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if answers, err := AwaitAPIServer(ctx, &rest.Config{Host: "http://" + address}, "0"); answers || err != nil {
		t.Errorf("%v: it went on though a proxy said that there is nobody behind it", err)
	}
}
