package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tokensv1alpha1 "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

const authToken = "6c1d2f9a8be34750a1b2d3e4f5968770"

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func create(t *testing.T, api client.Client, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := api.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// declare creates what the tests are about: who may have a token of tommy, and who
// may not.
func (w *world) declare(t *testing.T) {
	t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: named("support", "twilio"),
		StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: "AC0123456789abcdef0123456789abcdef", v1alpha1.DefaultAuthTokenKey: authToken},
	}
	secret.Labels = map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue}
	tommy := &v1alpha1.ClientCapability{ObjectMeta: named("support", "tommy"), Spec: v1alpha1.ClientCapabilitySpec{
		AccountRef: v1alpha1.AccountReference{Name: "twilio"}, ClientName: "tommy.tester", Incoming: true, Delivery: v1alpha1.DeliveryOnDemand,
	}}
	sarah := tommy.DeepCopy()
	sarah.Name = "sarah"
	create(t, w.api,
		&corev1.Namespace{ObjectMeta: named("", "capability-operator-system")}, &corev1.Namespace{ObjectMeta: named("", "support")},
		secret, tommy, sarah,
		&corev1.ServiceAccount{ObjectMeta: named("support", "app")}, &corev1.ServiceAccount{ObjectMeta: named("support", "other")},
		&rbacv1.Role{ObjectMeta: named("support", "tommy"), Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{tokensv1alpha1.GroupName}, Resources: []string{"clientcapabilities/token"}, ResourceNames: []string{"tommy"}, Verbs: []string{"create"},
		}}},
		binding(),
	)
}

// binding lets app have tokens of tommy.
func binding() *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: named("support", "app-tommy"),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "tommy"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "support", Name: "app"}},
	}
}

// tokenOf is a token of a ServiceAccount in support, for the API server where no
// audience is named.
func (w *world) tokenOf(t *testing.T, account string, audiences ...string) string {
	t.Helper()
	api, err := kubernetes.NewForConfig(w.cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	made, err := api.CoreV1().ServiceAccounts("support").CreateToken(t.Context(), account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made.Status.Token
}

// audienceOf is whom the token is for.
func audienceOf(t *testing.T, token string) []string {
	t.Helper()
	claims := jwt.RegisteredClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil || len(claims.Audience) == 0 {
		t.Fatalf("%v: %v", claims.Audience, err)
	}
	return claims.Audience
}

// caller sends requests one way or the other.
type caller struct {
	base string
	http *http.Client
}

// through calls the API server, and straight the token server, with the authority
// that it has published.
func (w *world) through(t *testing.T) *caller {
	t.Helper()
	return &caller{base: strings.TrimSuffix(w.cluster.Config.Host, "/"), http: trusting(t, w.cluster.Config.CAData, "")}
}

func (w *world) straight(t *testing.T, shown ...tls.Certificate) *caller {
	t.Helper()
	published := &corev1.ConfigMap{}
	if err := w.api.Get(t.Context(), client.ObjectKey{Namespace: "capability-operator-system", Name: "tokenserver-ca"}, published); err != nil {
		t.Fatalf("the authority is not published: %v", err)
	}
	return &caller{base: "https://" + w.address, http: trusting(t, []byte(published.Data["ca.crt"]), "tokenserver.capability-operator-system.svc", shown...)}
}

func trusting(t *testing.T, authority []byte, name string, shown ...tls.Certificate) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		t.Fatalf("no authority: %q", authority)
	}
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: name, Certificates: shown, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// answer is what came back.
type answer struct {
	code   int
	body   string
	header http.Header
}

func (c *caller) do(t *testing.T, method, path, body, bearer string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{body: err.Error()}
	}
	defer func() { _ = resp.Body.Close() }()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{body: err.Error()}
	}
	return answer{code: resp.StatusCode, body: string(all), header: resp.Header}
}

// ask asks for a token of a ClientCapability in support.
func (c *caller) ask(t *testing.T, name, body, bearer string, headers ...string) answer {
	t.Helper()
	return c.do(t, http.MethodPost, tokenPath("support", name), body, bearer, headers...)
}

func tokenPath(namespace, name string) string {
	return "/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/" + namespace + "/clientcapabilities/" + name + "/token"
}

// verified is the token of the answer, which must be one that the AuthToken signs.
func (a answer) verified(t *testing.T) (string, capability.Token) {
	t.Helper()
	granted := tokensv1alpha1.TokenRequest{}
	if a.code != http.StatusCreated || json.Unmarshal([]byte(a.body), &granted) != nil {
		t.Fatalf("%d: %s", a.code, a.body)
	}
	token, err := capability.Verify(granted.Status.Token, authToken, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return granted.Status.Token, token
}

func (a answer) mustBe(t *testing.T, code int, says string) {
	t.Helper()
	status := metav1.Status{}
	if err := json.Unmarshal([]byte(a.body), &status); err != nil || status.Kind != "Status" || a.code != code || int(status.Code) != code ||
		!strings.Contains(status.Message, says) {
		t.Errorf("not %d with %q: %s", code, says, fmt.Sprint(a.code, " ", a.body))
	}
}
