package tokenserver

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
	voice "github.com/capability-operator/capability-operator/api/v1alpha1"
)

// held reads what is in memory, and shares it as a cache does.
type held map[client.ObjectKey]client.Object

func (h held) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	switch found := h[key].(type) {
	case *voice.ClientCapability:
		if c, ok := into.(*voice.ClientCapability); ok {
			*c = *found
			return nil
		}
	case *voice.ClusterAccount:
		if c, ok := into.(*voice.ClusterAccount); ok {
			*c = *found
			return nil
		}
	case *corev1.Secret:
		if s, ok := into.(*corev1.Secret); ok {
			*s = *found
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
}

func (h held) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return fmt.Errorf("nothing here lists")
}

// BenchmarkRequests is what requests cost without a network, who asks and what they
// may do being known: what a token costs more than nothing.
func BenchmarkRequests(b *testing.B) {
	chosen := tommy(func(c *voice.ClientCapability) {
		c.Name, c.Spec.ClientName = "agents", ""
		c.Spec.AccountRef = voice.AccountReference{Kind: voice.AccountKindClusterAccount, Name: "lent"}
		c.Spec.OnDemand = &voice.OnDemand{ClientNamePattern: "support_agent-[0-9]{1,6}"}
	})
	w := newWorld(b)
	reader := held{
		{Namespace: "support", Name: "tommy"}: tommy(), {Namespace: "support", Name: "twilio"}: account(), {Namespace: "support", Name: "agents"}: chosen,
		{Name: "lent"}: &voice.ClusterAccount{Spec: voice.ClusterAccountSpec{
			SecretRef: voice.ClusterSecretReference{Namespace: "support", Name: "twilio"}, AllowedNamespaces: &voice.AllowedNamespaces{All: new(true)},
			Limits: &voice.Limits{ClientNamePattern: "$(namespace)_[a-z0-9-]+"},
		}},
	}
	w.server.config.Issuer.Capabilities, w.server.config.Issuer.Accounts = reader, &accounts.Finder{Secrets: reader, Cluster: reader}
	w.server.audit = slog.NewJSONHandler(io.Discard, nil)
	for _, test := range []struct {
		name, path, body string
		code             int
	}{
		{"nothing", "/livez/ping", `{"spec": {"ttl": "5s"}}`, http.StatusOK},
		{"a token", path, `{"spec": {"ttl": "5s"}}`, http.StatusCreated},
		{"a token, name chosen", strings.Replace(path, "tommy", "agents", 1), `{"spec": {"ttl": "5s", "clientName": "support_agent-7"}}`, http.StatusCreated},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, test.path, strings.NewReader(test.body))
				req.Header.Set("Test-User", "joe")
				req.Header.Set("Content-Type", "application/json")
				answer := httptest.NewRecorder()
				w.server.Handler().ServeHTTP(answer, req)
				if answer.Code != test.code {
					b.Fatalf("%d: %s", answer.Code, answer.Body)
				}
			}
		})
	}
}
