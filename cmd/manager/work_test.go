package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/capability-operator/capability-operator/internal/startup"
)

// readable is an API server whose lists are empty, and refused once they are withdrawn.
func readable(t *testing.T) (rights *startup.Rights, withdraw func()) {
	t.Helper()
	var withdrawn atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if withdrawn.Load() {
			w.WriteHeader(http.StatusForbidden)
			_ = json.NewEncoder(w).Encode(metav1.Status{
				TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
			})
			return
		}
		_ = json.NewEncoder(w).Encode(metav1.PartialObjectMetadataList{
			TypeMeta: metav1.TypeMeta{Kind: "PartialObjectMetadataList", APIVersion: "meta.k8s.io/v1"},
		})
	}))
	t.Cleanup(server.Close)
	rights, err := startup.AwaitRights(t.Context(), &rest.Config{Host: server.URL}, "0", startup.Scope{Namespaces: []string{"support", "sales"}})
	if err != nil {
		t.Fatal(err)
	}
	return rights, func() { withdrawn.Store(true) }
}

func TestCachesAreNotWaitedForOnceARightIsWithdrawn(t *testing.T) {
	rights, withdraw := readable(t)
	never := func(ctx context.Context) bool { <-ctx.Done(); return false }
	looks := 0
	once := func(context.Context) bool { looks++; return looks > 1 }
	if err := fill(t.Context(), once, rights); err != nil || looks != 2 {
		t.Errorf("slow caches, looked at %d times: %v", looks, err)
	}
	ending, end := context.WithCancel(t.Context())
	end()
	if err := fill(ending, func(context.Context) bool { return false }, rights); !errors.Is(err, errNotFilled) {
		t.Errorf("at the end, with caches that are not filled: %v", err)
	}
	if err := fill(ending, func(context.Context) bool { return true }, rights); err != nil {
		t.Errorf("at the end, with caches that are filled a moment later: %v", err)
	}
	withdraw()
	if err := fill(t.Context(), never, rights); err == nil || !strings.Contains(err.Error(), "may not list") {
		t.Errorf("with a right that is withdrawn: %v", err)
	}
}
