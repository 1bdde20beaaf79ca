package main

import (
	"crypto/tls"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/tokenserver/certificate"
)

// TestATokenServer follows one from its start to its end.
func TestATokenServer(t *testing.T) {
	w := newWorld(t)
	w.declare(t)
	w.install(t)
	w.register(t)
	w.start(t)
	w.awaitAvailable(t)
	through, straight := w.through(t), w.straight(t)
	ours, theirs := w.tokenOf(t, "app"), w.tokenOf(t, "app", "capability-operator")
	secrets := []string{ours, theirs, authToken}

	for name, way := range map[string]struct {
		caller *caller
		bearer string
		other  string
	}{
		"through the API server": {through, ours, w.tokenOf(t, "other")},
		"straight":               {straight, theirs, w.tokenOf(t, "other", "capability-operator")},
	} {
		t.Run(name+" a ServiceAccount with a Role gets a token that verifies", func(t *testing.T) {
			raw, token := way.caller.ask(t, "tommy", `{"spec": {"ttl": "5s"}}`, way.bearer).verified(t, authToken)
			secrets = append(secrets, raw)
			if token.Grant.ClientName != "tommy.tester" || token.ExpiresAt.Sub(token.IssuedAt) != 5*time.Second {
				t.Errorf("it says %+v", token)
			}
		})
		t.Run(name+" another ServiceAccount is refused", func(t *testing.T) {
			way.caller.ask(t, "tommy", `{}`, way.other).mustBe(t, http.StatusForbidden, "system:serviceaccount:support:other")
		})
		t.Run(name+" another name is refused, whether it is there or not", func(t *testing.T) {
			way.caller.ask(t, "sarah", `{}`, way.bearer).mustBe(t, http.StatusForbidden, "cannot create")
			way.caller.ask(t, "nobody", `{}`, way.bearer).mustBe(t, http.StatusForbidden, "cannot create")
		})
		t.Run(name+" a client name of one's own is refused", func(t *testing.T) {
			way.caller.ask(t, "tommy", `{"spec": {"clientName": "sarah"}}`, way.bearer).mustBe(t, http.StatusUnprocessableEntity, "spec.clientName")
		})
	}

	t.Run("a token of the wrong audience is refused straight", func(t *testing.T) {
		straight.ask(t, "tommy", `{}`, ours).mustBe(t, http.StatusUnauthorized, "audience")
		straight.ask(t, "tommy", `{}`, w.tokenOf(t, "app", "somebody-else")).mustBe(t, http.StatusUnauthorized, "audience")
	})
	t.Run("nobody is refused", func(t *testing.T) {
		straight.ask(t, "tommy", `{}`, "").mustBe(t, http.StatusUnauthorized, "audience")
		straight.ask(t, "tommy", `{}`, "invented").mustBe(t, http.StatusUnauthorized, "audience")
		through.ask(t, "tommy", `{}`, "").mustBe(t, http.StatusForbidden, "system:anonymous")
	})
	t.Run("who only says who they are is not believed", func(t *testing.T) {
		who := []string{"X-Remote-User", "admin", "X-Remote-Group", "system:masters"}
		straight.ask(t, "tommy", `{}`, "", who...).mustBe(t, http.StatusUnauthorized, "audience")
		authority, key := signed(t, "front-proxy-ca", nil, nil)
		forged, forgedKey := signed(t, "front-proxy", authority, key)
		w.straight(t, tls.Certificate{Certificate: [][]byte{forged.Raw}, PrivateKey: forgedKey}).
			ask(t, "tommy", `{}`, "", who...).mustBe(t, http.StatusUnauthorized, "audience")
		w.straight(t, w.cluster.FrontProxy()).ask(t, "tommy", `{}`, "", who...).verified(t, authToken)
	})
	t.Run("it may write no other Secret and no other ConfigMap", func(t *testing.T) { w.isConfined(t) })
	t.Run("kubectl and client-go get tokens as documented", func(t *testing.T) { w.servesWhatIsDocumented(t, ours) })
	t.Run("kubectl finds the kind that is stored", func(t *testing.T) { w.kubectlFindsTheKind(t) })
	t.Run("what is broken of its certificate is mended", func(t *testing.T) { w.mendsItsCertificate(t, theirs) })
	t.Run("a slow body and a flood of headers are refused", func(t *testing.T) { w.refusesNuisances(t, theirs) })
	t.Run("an account that is rotated signs the next token", func(t *testing.T) { w.rotates(t, w.straight(t), theirs) })
	t.Run("a right that is withdrawn ends within ten seconds", func(t *testing.T) { w.withdraws(t, w.straight(t), theirs) })

	w.stop(t)
	for _, secret := range secrets {
		if strings.Contains(w.log.String(), secret) || strings.Contains(w.log.String(), secret[strings.LastIndex(secret, ".")+1:]) {
			t.Errorf("the log has a secret: %s…", secret[:8])
		}
	}
}

func (w *world) kubectlFindsTheKind(t *testing.T) {
	t.Helper()
	for command, want := range map[string]string{
		"get clientcapabilities --namespace support":             "tommy",
		"explain clientcapabilities":                             "voice.capability-operator.io",
		"api-resources --api-group voice.capability-operator.io": "clientcapabilities",
	} {
		out, err := exec.CommandContext(t.Context(), w.cluster.KubectlPath(), append([]string{"--kubeconfig", w.cluster.Kubeconfig()}, strings.Fields(command)...)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("kubectl %s: %v\n%s", command, err, out)
		}
	}
	out, err := exec.CommandContext(t.Context(), w.cluster.KubectlPath(), "--kubeconfig", w.cluster.Kubeconfig(), "api-resources").CombinedOutput()
	if err != nil || strings.Contains(string(out), "tokens.voice") {
		t.Errorf("api-resources shows what nobody can get: %v\n%s", err, out)
	}
}

func (w *world) isConfined(t *testing.T) {
	t.Helper()
	own := clientOf(t, w.own.Config)
	for name, object := range map[string]client.Object{
		"a credential": &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "capability-operator-system", Name: "tokenserver-certificate2", Annotations: map[string]string{corev1.ServiceAccountNameKey: "default"}},
			Type:       corev1.SecretTypeServiceAccountToken,
		},
		"another Secret of its type": &corev1.Secret{ObjectMeta: named("capability-operator-system", "another"), Type: certificate.SecretType},
		"another ConfigMap":          &corev1.ConfigMap{ObjectMeta: named("capability-operator-system", "another")},
	} {
		// The policy is in force a moment after it was created.
		eventually(t, 20*time.Second, func() bool {
			err := own.Create(t.Context(), object, client.DryRunAll)
			return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "tokenserver-certificate")
		}, func() string { return name + " is not refused by the policy" })
	}
}

func (w *world) rotates(t *testing.T, straight *caller, bearer string) {
	t.Helper()
	const next = "00000000000000000000000000000000"
	secret := &corev1.Secret{}
	if err := w.api.Get(t.Context(), client.ObjectKey{Namespace: "support", Name: "twilio"}, secret); err != nil {
		t.Fatal(err)
	}
	secret.Data["TWILIO_AUTH_TOKEN"] = []byte(next)
	if err := w.api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Second, func() bool { // a watch's time, not a cache's
		return verifies(t, straight.ask(t, "tommy", `{}`, bearer), next)
	}, func() string { return "the next token is signed with the old AuthToken" })
}

func (w *world) withdraws(t *testing.T, straight *caller, bearer string) {
	t.Helper()
	if code := straight.ask(t, "tommy", `{}`, bearer).code; code != http.StatusCreated {
		t.Fatal(code)
	}
	if err := w.api.Delete(t.Context(), binding()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, func() bool {
		return straight.ask(t, "tommy", `{}`, bearer).code == http.StatusForbidden
	}, func() string { return "the right holds on" })
}
