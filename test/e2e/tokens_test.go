//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	tokenServer  = "tokenserver"
	registration = "v1alpha1.tokens.voice.capability-operator.io"
	// tokenReplicas is how many token servers the manifests run.
	tokenReplicas = 2
	// dialler is the ClientCapability that is asked for tokens, and attendant another.
	dialler, attendant = "dialler", "attendant"
)

// testTokensOnDemand installs the token server beside the operator, and removes it in the end: while it is there, and
// is down, the other tests go on.
func testTokensOnDemand(t *testing.T) {
	s := newTokenStage(t)
	before := s.kubectlShows()
	s.installTokenServer()
	s.run("kubectl shows what it showed before", func() { s.mustShow(before) })
	s.allowCalls()
	s.startCallers(s.callerPod("app", "app", "wait"), s.callerPod("other", "other", "wait"))
	s.run("callers get what they may have, and are refused the rest", s.testCallers)
	s.run("people and scripts outside of pods get tokens as documented", s.testOutsiders)
	s.run("an account that is rotated signs the next token", s.testAccountRotation)
	s.run("callers that try again lose nothing", s.testLosses)
	s.run("it was refused nothing, and logged no secret", s.testTokenServerLogs)
	s.run("while it is down, the rest goes on", s.testDown)
	s.run("back again it was refused nothing, and logged no secret", s.testTokenServerLogs)
	s.run("once removed it leaves what is documented", func() { s.testRemoval(before) })
}

// tokenStage is a stage with ClientCapabilities whose tokens are asked for.
type tokenStage struct {
	*stage
	// straight are the flags by which a caller asks the token server itself.
	straight []string
	address  string
}

func newTokenStage(t *testing.T) *tokenStage {
	t.Helper()
	// Callers may share the node's network, as where pods have no other.
	s := &tokenStage{stage: newStageIn(t, newNamespaceUnder(t, "tokens", "privileged"))}
	for _, name := range []string{dialler, attendant} {
		s.declare(name, "1h", func(c *v1alpha1.ClientCapability) {
			c.Spec.Delivery = v1alpha1.DeliveryOnDemand
			c.Spec.OnDemand = &v1alpha1.OnDemand{ClientNamePattern: "agent-[0-9]+"}
		})
		s.awaitReason(name, v1alpha1.ReasonOnDemand)
	}
	return s
}

// run is a subtest in which the stage fails the subtest and not the test around it.
func (s *tokenStage) run(name string, test func()) {
	outer := s.t
	outer.Run(name, func(t *testing.T) {
		s.t = t
		defer func() { s.t = outer }()
		test()
	})
}

var age = regexp.MustCompile(`(?m) +[0-9dhms]+$`)

// kubectlShows has kubectl find out anew what the cluster serves.
func (s *tokenStage) kubectlShows() map[string]string {
	s.t.Helper()
	shown := map[string]string{}
	for _, command := range []string{
		"api-resources", "api-resources --categories twilio", "explain clientcapabilities --recursive", "explain ccap.spec.onDemand",
		"get clientcapabilities", "get ccap " + dialler, "get clientcapabilities -o name", "get clientcapability " + dialler + " -o jsonpath={.spec}",
	} {
		args := append([]string{"--cache-dir", s.t.TempDir(), "-n", s.namespace}, strings.Fields(command)...)
		printed, complaints, err := kubectl(s.t.Context(), "", args...)
		if err != nil {
			s.t.Fatal(err)
		}
		shown[command] = age.ReplaceAllString(printed, " …") + complaints
	}
	return shown
}

func (s *tokenStage) mustShow(before map[string]string) {
	s.t.Helper()
	for command, shown := range s.kubectlShows() {
		if shown != before[command] {
			s.t.Errorf("kubectl %s printed, before the token server was installed:\n%s\nand prints now:\n%s", command, before[command], shown)
		}
	}
}

func (s *tokenStage) installTokenServer() {
	s.t.Helper()
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := removeTokenServer(ctx); err != nil {
			s.t.Error(err)
		}
	})
	explainTokenServer(s.t)
	begun := time.Now()
	s.applyTokenServer()
	s.awaitTokenServer()
	results.figure("token server: installed, and its APIService is Available: %s", time.Since(begun).Round(pollInterval))
	service := &corev1.Service{}
	if err := objects.Get(s.t.Context(), client.ObjectKey{Namespace: operatorNamespace, Name: tokenServer}, service); err != nil {
		s.t.Fatal(err)
	}
	s.address = net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(service.Spec.Ports[0].Port)))
	s.straight = []string{
		"--server=https://" + s.address, "--server-name=" + tokenServer + "." + operatorNamespace + ".svc", "--token=" + forTokenServer + "/token",
	}
}

func (s *tokenStage) applyTokenServer() {
	s.t.Helper()
	text, err := onDemandManifests(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	mustKubectl(s.t, text, "apply", "-f", "-")
}

// applyOnly applies what there is of the kind.
func (s *tokenStage) applyOnly(kind string) {
	s.t.Helper()
	text, err := onDemandManifests(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	mustKubectl(s.t, documentOf(s.t, text, kind), "apply", "-f", "-")
}

// awaitTokenServer waits until all replicas are ready and the API server passes requests on to them.
func (s *tokenStage) awaitTokenServer() {
	s.t.Helper()
	mustKubectl(s.t, "", "rollout", "status", "deployment/"+tokenServer, "-n", operatorNamespace, "--timeout=2m")
	mustKubectl(s.t, "", "wait", "--for=condition=Available", "apiservice/"+registration, "--timeout=1m")
	if printed := mustKubectl(s.t, "", "get", "apiservice", registration, "--no-headers"); strings.Fields(printed)[2] != "True" {
		s.t.Errorf("kubectl get apiservice prints %s", printed)
	}
}

func tokenServers(ctx context.Context) ([]corev1.Pod, error) {
	pods := &corev1.PodList{}
	err := objects.List(ctx, pods, client.InNamespace(operatorNamespace),
		client.MatchingLabels{"app.kubernetes.io/name": "capability-operator", "app.kubernetes.io/component": "tokenserver"})
	return pods.Items, err
}

// awaitTokenReplicas waits until all replicas are ready and none is on its way out.
func (s *tokenStage) awaitTokenReplicas(what string, also func([]corev1.Pod) error) {
	s.t.Helper()
	await(s.t, time.Minute, what, func(ctx context.Context) error {
		pods, err := tokenServers(ctx)
		if err != nil {
			return err
		}
		if len(pods) != tokenReplicas {
			return fmt.Errorf("there are %d pods", len(pods))
		}
		for _, pod := range pods {
			if !isReady(pod) {
				return fmt.Errorf("%s is not ready", pod.Name)
			}
		}
		return also(pods)
	})
}
