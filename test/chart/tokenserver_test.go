package chart_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// Ready, it holds in its caches what it may read, and has written its certificate, confined as it is.
func TestAReleaseGivesTheTokenServerTheRightsThatItNeeds(t *testing.T) {
	for name, of := range map[string]struct {
		values string
		whole  bool // it reads Secrets of all namespaces
	}{
		"in the whole cluster":                               {"", true},
		"in a named namespace":                               {"watchNamespaces: [support]\nclusterAccounts: {enabled: false}\n", false},
		"in a named namespace, with accounts of the cluster": {"watchNamespaces: [support]\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			server, address := runTokenServer(t, of.values+"tokenServer: {enabled: true}\n")
			await(t, "the token server is ready", func(ctx context.Context) error { return askWhetherReady(ctx, address) })
			if refused := server.refusals(); refused != "" {
				t.Errorf("it was refused something:\n%s", refused)
			}
			for namespace, want := range map[string]bool{"support": true, "sales": of.whole} {
				_, _, err := run(t.Context(), "", cluster.KubectlPath(), "auth", "can-i", "list", "secrets", "-n", namespace, "--as", server.user)
				if may := err == nil; may != want {
					t.Errorf("it may read Secrets in %s: %t", namespace, may)
				}
			}
		})
	}
}

// runTokenServer installs what the chart gives, less the APIService: it would have the API server say, in each kubectl, that
// nobody answers behind the Service.
func runTokenServer(t *testing.T, content string) (server *operator, address string) {
	t.Helper()
	var documents []string
	for document := range strings.SplitSeq(template(t, content), "\n---\n") {
		if !strings.Contains(document, "\nkind: APIService\n") {
			documents = append(documents, document)
		}
	}
	built := strings.Join(documents, "\n---\n")
	t.Cleanup(func() {
		if _, complaints, err := run(context.Background(), built, cluster.KubectlPath(), "delete", "--ignore-not-found", "--timeout=1m", "-f", "-"); err != nil {
			t.Errorf("%v\n%s", err, complaints)
		}
		made := []string{"delete", "--ignore-not-found", "-n", home, "secret/tokenserver-certificate", "configmap/tokenserver-ca"}
		if _, complaints, err := run(context.Background(), "", cluster.KubectlPath(), made...); err != nil {
			t.Errorf("%v\n%s", err, complaints)
		}
	})
	mustKubectl(t, built, "apply", "--server-side", "-f", "-")
	mustKubectl(t, "", "wait", "--for=condition=Established", "--timeout=2m", crd)

	deployment := &appsv1.Deployment{}
	if err := objects.Get(t.Context(), client.ObjectKey{Namespace: home, Name: "tokenserver"}, deployment); err != nil {
		t.Fatal(err)
	}
	account := deployment.Spec.Template.Spec.ServiceAccountName
	server = &operator{user: "system:serviceaccount:" + home + ":" + account}
	address = controlplane.FreeAddress(t)
	flags := append([]string{"--kubeconfig=" + kubeconfigOf(t, account)}, deployment.Spec.Template.Spec.Containers[0].Args...)
	for i := range flags { // as a kubelet does
		flags[i] = strings.NewReplacer("$(SERVICE)", "tokenserver", "$(NAMESPACE)", home).Replace(flags[i])
	}
	server.start(t, "tokenserver", append(flags, "--bind-address="+address, "--cert-namespace="+home))
	return server, address
}

func askWhetherReady(ctx context.Context, address string) error {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}
