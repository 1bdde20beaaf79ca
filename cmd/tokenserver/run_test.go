package main

import (
	"crypto/tls"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/test/series"
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
			raw, token := way.caller.ask(t, "tommy", `{"spec": {"ttl": "5s"}}`, way.bearer).verified(t)
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
	t.Run("a token that the API server accepts too is refused straight", func(t *testing.T) {
		both := w.tokenOf(t, "app", append(audienceOf(t, ours), "capability-operator")...)
		secrets = append(secrets, both)
		through.ask(t, "tommy", `{}`, both).verified(t)
		straight.ask(t, "tommy", `{}`, both).mustBe(t, http.StatusUnauthorized, "capability-operator and no other")
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
		w.straight(t, w.cluster.FrontProxy()).ask(t, "tommy", `{}`, "", who...).verified(t)
	})
	t.Run("it may write no other Secret, no other ConfigMap, and nothing but the authority of its APIService", func(t *testing.T) { w.isConfined(t) })
	t.Run("kubectl and client-go get tokens as documented", func(t *testing.T) { w.servesWhatIsDocumented(t, ours) })
	t.Run("external-secrets gets a token as documented", func(t *testing.T) { w.servesExternalSecrets(t, ours) })
	t.Run("metrics are for who may read them", func(t *testing.T) { w.measures(t, theirs) })
	t.Run("kubectl finds the kind that is stored", func(t *testing.T) { w.kubectlFindsTheKind(t) })
	t.Run("who waits for the API server takes no connection to a shared address", func(t *testing.T) { w.sharesItsAddress(t, theirs) })
	t.Run("what is broken of its certificate is mended", func(t *testing.T) { w.mendsItsCertificate(t, theirs) })
	t.Run("what no client library sends is answered or cut off in time, and disturbs nobody", func(t *testing.T) { w.refusesNuisances(t, theirs) })
	t.Run("an account that is rotated signs the next token", func(t *testing.T) { w.rotates(t, w.straight(t), theirs) })
	t.Run("a right that is withdrawn ends within ten seconds", func(t *testing.T) { w.withdraws(t, w.straight(t), theirs) })
	// The last: what watches tell comes late after it.
	t.Run("an outage of the API server is told of and passes", func(t *testing.T) { w.outlasts(t, theirs) })

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
			return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "ServiceAccounts named voice-tokenserver may")
		}, func() string { return name + " is not refused by the policy" })
	}
	registered := certificate.APIService()
	registered.SetName("v1alpha1.tokens.voice.capability-operator.io")
	for name, patch := range map[string]string{
		"another Service":  `{"spec": {"service": {"name": "theirs"}}}`,
		"another port":     `{"spec": {"service": {"port": 444}}}`,
		"no authority":     `{"spec": {"caBundle": null, "insecureSkipTLSVerify": true}}`,
		"another priority": `{"spec": {"groupPriorityMinimum": 2000}}`,
		"an owner":         `{"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Namespace", "name": "gone", "uid": "gone"}]}}`,
	} {
		err := own.Patch(t.Context(), registered, client.RawPatch(types.MergePatchType, []byte(patch)), client.DryRunAll)
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "may change the caBundle of an APIService only") {
			t.Errorf("%s of its APIService is not refused by the policy: %v", name, err)
		}
	}
}

func (w *world) measures(t *testing.T, bearer string) {
	t.Helper()
	straight := w.straight(t)
	ask := func(bearer string) answer { return straight.do(t, http.MethodGet, "/metrics", "", bearer) }
	ask("").mustBe(t, http.StatusUnauthorized, "audience")
	ask(bearer).mustBe(t, http.StatusForbidden, `"/metrics"`)
	create(t, w.api,
		&rbacv1.ClusterRole{ObjectMeta: named("", "metrics"), Rules: []rbacv1.PolicyRule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: named("", "metrics"), RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "metrics"},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "support", Name: "app"}},
		})
	var seen answer
	eventually(t, 10*time.Second, func() bool { seen = ask(bearer); return seen.code == http.StatusOK }, func() string { return seen.body })
	for _, metric := range []string{
		`capability_operator_token_requests_total{code="201",reason=""}`, `capability_operator_token_requests_total{code="403",reason="Forbidden"}`,
		"capability_operator_token_request_duration_seconds_count", "capability_operator_token_requests_in_flight 0",
	} {
		if !strings.Contains(seen.body, metric) {
			t.Errorf("there is no %s", metric)
		}
	}
	series.Documented(t, "../..", "Series of the token server", seen.body)
	for _, no := range []string{"tommy", "system:serviceaccount", "support"} {
		if strings.Contains(seen.body, no) {
			t.Errorf("a metric tells of %s", no)
		}
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
