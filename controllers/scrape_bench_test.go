package controllers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// held is a cache that holds these: like the real one it gives out copies of structs, and no deeper ones.
type held struct {
	client.Reader
	all []v1alpha1.ClientCapability
}

func (h held) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	list.(*v1alpha1.ClientCapabilityList).Items = append([]v1alpha1.ClientCapability(nil), h.all...)
	return nil
}

// BenchmarkScrapeOf10000Objects makes what the page says of objects, compressed as for Prometheus and plain.
func BenchmarkScrapeOf10000Objects(b *testing.B) {
	at := metav1.NewTime(time.Unix(1790000000, 0))
	all := make([]v1alpha1.ClientCapability, 10000)
	for i := range all {
		all[i] = v1alpha1.ClientCapability{
			ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: fmt.Sprintf("client-%05d", i)},
			Status: v1alpha1.ClientCapabilityStatus{
				Token:      &v1alpha1.TokenStatus{IssuedAt: at, ExpiresAt: at, RenewsAt: &at},
				Conditions: []metav1.Condition{{Type: v1alpha1.ReadyCondition, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonTokenValid}},
			},
		}
	}
	leads := make(chan struct{})
	close(leads)
	for name, perObject := range map[string]bool{"with series of their own": true, "counted alone": false} {
		collector := &scrapes{}
		collector.of(territory{elected: leads, capabilities: held{all: all}, perObject: perObject})
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(collector)
		page := promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError})
		for _, encoding := range []string{"gzip", "identity"} {
			b.Run(name+", "+encoding, func(b *testing.B) {
				request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", http.NoBody)
				request.Header.Set("Accept-Encoding", encoding)
				b.ReportAllocs()
				for b.Loop() {
					response := httptest.NewRecorder()
					page.ServeHTTP(response, request)
					if response.Code != http.StatusOK {
						b.Fatal(response.Body)
					}
					b.ReportMetric(float64(response.Body.Len()), "bytes")
				}
			})
		}
	}
}
