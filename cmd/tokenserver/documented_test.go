package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

// servesWhatIsDocumented does what docs/on-demand.md shows.
func (w *world) servesWhatIsDocumented(t *testing.T, bearer string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), w.cluster.KubectlPath(), "--kubeconfig", w.cluster.Kubeconfig(), "create", "--raw",
		"/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/support/clientcapabilities/tommy/token", "-f", "-")
	command.Stdin = strings.NewReader(`{"spec": {"ttl": "5s"}}`)
	out, err := command.Output()
	if err != nil {
		t.Error(err)
	}
	answer{code: http.StatusCreated, body: string(out)}.verified(t)

	config := rest.AnonymousClientConfig(w.cluster.Config)
	config.BearerToken = bearer
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := clientset.RESTClient().Post().AbsPath("/apis", tokens.GroupVersion.String(), "namespaces", "support", "clientcapabilities", "tommy", "token").
		SetHeader("Content-Type", "application/json").Body([]byte(`{"spec": {"ttl": "5s"}}`)).DoRaw(t.Context())
	granted := &tokens.TokenRequest{}
	if err = errors.Join(err, json.Unmarshal(raw, granted)); err != nil || granted.Status.Token == "" {
		t.Errorf("client-go gets %s: %v", raw, err)
	}
}
