//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// kubectlInterval is between two looks by kubectl, each of which is a process.
const kubectlInterval = 500 * time.Millisecond

// testDown scales the token server to zero: what docs/on-demand.md says of that is seen here.
func (s *tokenStage) testDown() {
	s.declare("renewed", "20s")
	first := s.awaitToken(30*time.Second, "before it, the first token of a Secret that is renewed", "renewed", nil)
	begun := time.Now()
	s.scale(0)
	awaitEvery(s.t, kubectlInterval, time.Minute, "the APIService is not available", func(ctx context.Context) error {
		return saysOf(ctx, "apiservice/"+registration, "Available", "False MissingEndpoints")
	})
	s.run("nobody is given a token", func() {
		answer, err := s.ask(s.t.Context(), "app", dialler, fiveSeconds)
		if err != nil || answer.Code != http.StatusServiceUnavailable {
			s.t.Errorf("through the API server, the answer is %d: %v", answer.Code, err)
		}
		if _, err := s.ask(s.t.Context(), "app", dialler, fiveSeconds, s.straightly()...); err == nil {
			s.t.Error("straight, somebody answers")
		}
	})
	s.run("Secrets are filled and renewed", func() {
		second := s.awaitToken(time.Minute, "a Secret is renewed", "renewed", first)
		s.awaitToken(time.Minute, "a Secret is renewed again", "renewed", second)
		s.declare("new", "1h")
		s.awaitToken(time.Minute, "a new declaration has its token", "new", nil)
	})
	awaitEvery(s.t, kubectlInterval, 3*time.Minute, "the API server says that what it tells of the token server is stale", s.isStale)
	results.figure("token server: it is down, and the API server's discovery says so: at most %s", time.Since(begun).Round(time.Second))
	s.run("the rest of the API is there", s.testRestOfTheAPI)
	s.run("a namespace that is deleted waits, until the APIService is deleted", func() {
		namespace := s.deleteNamespace("first")
		mustKubectl(s.t, "", "delete", "apiservice", registration)
		took := awaitGone(s, namespace)
		results.figure("token server: it is down and its APIService deleted; a namespace that waited is gone: %s", took.Round(pollInterval))
		s.applyOnly("APIService")
	})
	s.run("a namespace that is deleted waits, until it is back", func() {
		namespace := s.deleteNamespace("second")
		begun := time.Now()
		s.scale(tokenReplicas)
		s.awaitTokenServer()
		results.figure("token server: it is back, and its APIService is Available: %s", time.Since(begun).Round(pollInterval))
		awaitGone(s, namespace)
		results.figure("token server: it is back, and a namespace that waited is gone: %s", time.Since(begun).Round(pollInterval))
		answer, err := s.ask(s.t.Context(), "app", dialler, fiveSeconds)
		if err == nil {
			_, err = s.verify(answer)
		}
		if err != nil {
			s.t.Error(err)
		}
	})
	mustKubectl(s.t, "", "delete", "clientcapabilities", "renewed", "new", "-n", s.namespace)
}

// isStale asks for what the API server serves, as clients do to find out.
func (s *tokenStage) isStale(ctx context.Context) error {
	raw, err := core.CoreV1().RESTClient().Get().AbsPath("/apis").
		SetHeader("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList").DoRaw(ctx)
	if err != nil {
		return err
	}
	served := &apidiscoveryv2.APIGroupDiscoveryList{}
	if err := json.Unmarshal(raw, served); err != nil {
		return err
	}
	for _, group := range served.Items {
		if group.Name == tokens.GroupName && group.Versions[0].Freshness == apidiscoveryv2.DiscoveryFreshnessStale {
			return nil
		}
	}
	return errors.New("it does not")
}

func (s *tokenStage) scale(replicas int) {
	s.t.Helper()
	mustKubectl(s.t, "", "scale", "deployment/"+tokenServer, "-n", operatorNamespace, fmt.Sprintf("--replicas=%d", replicas))
	await(s.t, time.Minute, fmt.Sprintf("there are %d token servers", replicas), func(ctx context.Context) error {
		pods, err := tokenServers(ctx)
		if err == nil && len(pods) != replicas {
			err = fmt.Errorf("there are %d", len(pods))
		}
		return err
	})
}

// testRestOfTheAPI is about kubectl that has to find out what there is, and about what controllers do.
func (s *tokenStage) testRestOfTheAPI() {
	begun := time.Now()
	for command, wanted := range map[string]string{
		"get clientcapabilities -o name": "clientcapability." + v1alpha1.GroupName + "/" + dialler + "\n",
		"explain clientcapabilities":     "KIND:       ClientCapability\n",
		"api-resources":                  "ClientCapability\n",
	} {
		printed, complaints, err := kubectl(s.t.Context(), "", append([]string{"--cache-dir", s.t.TempDir(), "-n", s.namespace}, strings.Fields(command)...)...)
		if err != nil || complaints != "" || !strings.Contains(printed, wanted) {
			s.t.Errorf("kubectl %s: %v\n%s%s", command, err, printed, complaints)
		}
	}
	s.t.Logf("three kubectl that had to find out what there is took %s", time.Since(begun).Round(time.Millisecond))
	made := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "made"}}
	s.create(made)
	s.declare("deleted", "1h")
	s.awaitToken(time.Minute, "the first token of a declaration that is deleted", "deleted", nil)
	mustKubectl(s.t, "", "delete", "clientcapability", "deleted", "-n", s.namespace)
	await(s.t, time.Minute, "the Secret of a declaration that was deleted is collected", func(ctx context.Context) error {
		if _, err := s.secret(ctx, "deleted"); !apierrors.IsNotFound(err) {
			return fmt.Errorf("it is there: %w", err)
		}
		return nil
	})
}

// deleteNamespace returns when the namespace, emptied, waits for the token server.
func (s *tokenStage) deleteNamespace(name string) *corev1.Namespace {
	s.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-down-" + name + "-"}}
	s.create(namespace)
	content := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "content"}}
	s.create(content)
	if err := objects.Delete(s.t.Context(), namespace); err != nil {
		s.t.Fatal(err)
	}
	awaitEvery(s.t, kubectlInterval, time.Minute, "a namespace that is deleted waits, and says for what", func(ctx context.Context) error {
		return saysOf(ctx, "namespace/"+namespace.Name, string(corev1.NamespaceDeletionDiscoveryFailure), "True DiscoveryFailed")
	})
	if err := objects.Get(s.t.Context(), client.ObjectKeyFromObject(content), content); !apierrors.IsNotFound(err) {
		s.t.Errorf("its content is still there: %v", err)
	}
	return namespace
}

// saysOf compares status and reason of a condition.
func saysOf(ctx context.Context, object, condition, wanted string) error {
	one := `{.status.conditions[?(@.type=="` + condition + `")]`
	printed, _, err := kubectl(ctx, "", "get", object, "-o", "jsonpath="+one+".status} "+one+".reason}: "+one+".message}")
	if err == nil && !strings.HasPrefix(printed, wanted+": ") {
		err = fmt.Errorf("%s is %s", condition, printed)
	}
	return err
}

func awaitGone(s *tokenStage, namespace *corev1.Namespace) time.Duration {
	s.t.Helper()
	return await(s.t, 2*time.Minute, "the namespace is gone", func(ctx context.Context) error {
		err := objects.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, fmt.Errorf("it is %s: %+v", namespace.Status.Phase, namespace.Status.Conditions))
	})
}
