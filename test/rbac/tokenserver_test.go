package rbac_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// tokenServers are the ways to install one, each beside an overlay of the operator.
var tokenServers = []struct {
	overlay
	beside overlay
}{
	{overlay{name: "config/ondemand", folder: inRepository("config/ondemand"), home: "capability-operator-system"}, overlays[0]},
	{overlay{name: "the documented overlay of config/ondemand", folder: inDocs("tokens"), home: "voice", prefix: "my-"}, overlays[1]},
}

// tokenServer is one that an overlay has installed.
type tokenServer struct {
	installed
	service string
	granted []right
}

// installTokenServer does so as a user does, but for the APIService: it would have the API server say, in each kubectl, that
// nobody answers behind the Service.
func installTokenServer(t *testing.T, o overlay) *tokenServer {
	t.Helper()
	in := &tokenServer{installed: installed{operator: operator{t: t, namespace: o.home, account: o.prefix + "voice-tokenserver"}, overlay: o}}
	in.tenants = []string{"support"}
	var documents []string
	for document := range strings.SplitSeq(build(t, o.folder(t)), "\n---\n") {
		if !strings.Contains("\n"+document, "\nkind: APIService\n") {
			documents = append(documents, document)
		}
	}
	built := strings.Join(documents, "\n---\n")
	t.Cleanup(func() { uninstall(t, built) })
	apply(t, built)
	for _, object := range objectsIn(t, built) {
		if object.GetName() != o.prefix+"capability-operator-token-requester" { // people's
			in.granted = append(in.granted, rightsIn(object)...)
		}
		if deployment, ok := object.(*appsv1.Deployment); ok {
			in.read(deployment)
		}
	}
	in.awaitConfinement()
	return in
}

// read takes the flags from the Deployment, as a kubelet does.
func (in *tokenServer) read(deployment *appsv1.Deployment) {
	container := deployment.Spec.Template.Spec.Containers[0]
	in.flags = slices.Clone(container.Args)
	for _, env := range container.Env {
		value := env.Value
		if env.ValueFrom != nil && env.ValueFrom.FieldRef.FieldPath == "metadata.namespace" {
			value = deployment.Namespace
		}
		if env.Name == "SERVICE" {
			in.service = value
		}
		for i := range in.flags {
			in.flags[i] = strings.ReplaceAll(in.flags[i], "$("+env.Name+")", value)
		}
	}
	if got := deployment.Spec.Template.Spec.ServiceAccountName; got != in.account || deployment.Namespace != in.namespace {
		in.t.Fatalf("the Deployment is in %s and runs as %s", deployment.Namespace, got)
	}
}

// run starts the token server, and returns where it listens.
func (in *tokenServer) run() (address string) {
	in.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(in.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		in.t.Fatal(err)
	}
	address = listener.Addr().String()
	_ = listener.Close()
	in.start("tokenserver", append(in.flags, "--bind-address="+address, "--cert-namespace="+in.namespace)...)
	return address
}

// ask is a request of a ServiceAccount for a token, straight, by the authority that is published and the Service's name.
func (in *tokenServer) ask(ctx context.Context, address, bearer string) error {
	published := &corev1.ConfigMap{}
	if err := objects.Get(ctx, client.ObjectKey{Namespace: in.namespace, Name: "tokenserver-ca"}, published); err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(published.Data["ca.crt"]))
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: pool, ServerName: in.service + "." + in.namespace + ".svc", MinVersion: tls.VersionTLS12,
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		"https://"+address+"/apis/tokens.voice.capability-operator.io/v1alpha1/namespaces/support/clientcapabilities/tommy/token", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+bearer)
	response, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusCreated {
		said, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s: %s", response.Status, said)
	}
	return nil
}

// serves fails unless a ServiceAccount with the role for it gets a token, also after all that is kept was broken.
func (in *tokenServer) serves() {
	in.t.Helper()
	app := &corev1.ServiceAccount{ObjectMeta: named("support", "app")}
	for _, object := range []client.Object{twilio("support"), tommy("support"), app} {
		lasting(in.t, object)
	}
	bind(in.t, "system:serviceaccount:support:app", "support", in.prefix+"capability-operator-token-requester")
	audience := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"capability-operator"}}}
	if err := objects.SubResource("token").Create(in.t.Context(), app, audience); err != nil {
		in.t.Fatal(err)
	}
	address := in.run()
	answers := func(ctx context.Context) error { return in.ask(ctx, address, audience.Status.Token) }
	in.await(answers)
	patch(in.t, &corev1.Secret{ObjectMeta: named(in.namespace, "tokenserver-certificate")}, `{"data": null}`)
	patch(in.t, &corev1.ConfigMap{ObjectMeta: named(in.namespace, "tokenserver-ca")}, `{"data": null}`)
	in.await(func(context.Context) error { return in.used("update secrets", "update configmaps") })
	in.await(answers)
}

// used is nil once requests of these kinds were made.
func (in *tokenServer) used(kinds ...string) error {
	made, err := requests(in.user(), in.since)
	for _, kind := range kinds {
		if !slices.ContainsFunc(made, func(r request) bool { return r.right.verb+" "+r.right.resource == kind && !r.refused }) {
			err = errors.Join(err, fmt.Errorf("nobody did: %s", kind))
		}
	}
	return err
}

// needsWhatItHas fails where a right is granted that was not used, and where one was missed.
func (in *tokenServer) needsWhatItHas() {
	in.t.Helper()
	if refused, err := in.refusals(); err != nil || len(refused) > 0 {
		in.t.Errorf("refused were %s (%v)", refused, err)
	}
	made, err := requests(in.user(), in.since)
	if err != nil {
		in.t.Fatal(err)
	}
	for _, granted := range in.granted {
		if strings.Contains(granted.resource, "apiservices") && granted.verb != "list" && granted.verb != "watch" {
			continue // there is none: that its caBundle is kept right is for the tests of cmd/tokenserver
		}
		if !slices.ContainsFunc(made, func(r request) bool { return granted.covers(r.right) && !in.narrower(granted, r.right) }) {
			in.t.Errorf("nothing needs the right to %s", granted)
		}
	}
	if len(in.granted) < 20 {
		in.t.Errorf("only %d rights were found", len(in.granted))
	}
}

// narrower tells whether there is another right to what was asked for, to that one name.
func (in *tokenServer) narrower(than, asked right) bool {
	return slices.ContainsFunc(in.granted, func(granted right) bool { return granted != than && granted.name != "" && granted.covers(asked) })
}

func TestATokenServerInstalls(t *testing.T) {
	for _, o := range tokenServers {
		t.Run(o.name, func(t *testing.T) {
			o.beside.install(t)
			in := installTokenServer(t, o.overlay)
			t.Run("a policy without a mistake in its expressions", func(t *testing.T) { policiesAreSound(t, o.prefix, "tokenserver-confinement") })
			t.Run("one whose stolen token", func(t *testing.T) { in.at(t).mayNot() })
			t.Run("one that serves by the rights that it has, of which it needs each", func(t *testing.T) {
				in := in.at(t)
				in.serves()
				in.needsWhatItHas()
			})
			t.Run("one that is confined", func(t *testing.T) { in.at(t).isConfined() })
		})
	}
}

// at is the same for a subtest.
func (in *tokenServer) at(t *testing.T) *tokenServer {
	of := *in
	of.t = t
	return &of
}

// What names the Service or the ServiceAccount has to follow an overlay's names and namespace.
func TestAnOverlayRenamesTheTokenServerAsAWhole(t *testing.T) {
	folder := beside(t, map[string]string{
		"first/kustomization.yaml":  "namespace: voice\nnamePrefix: my-\nnameSuffix: -two\nresources: [../capability-operator/config/ondemand]\n",
		"second/kustomization.yaml": "namespace: speech\nnamePrefix: our-\nnameSuffix: x\nresources: [../first]\n",
	})
	for overlay, want := range map[string]struct{ namespace, service, account string }{
		"first":  {"voice", "my-tokenserver-two", "my-voice-tokenserver-two"},
		"second": {"speech", "our-my-tokenserver-twox", "our-my-voice-tokenserver-twox"},
	} {
		built := objectsIn(t, build(t, folder+"/"+overlay))
		seen := 0
		for _, object := range built {
			var got []string
			switch object := object.(type) {
			case *corev1.ServiceAccount:
				got = []string{want.service, object.Name, object.Namespace}
			case *corev1.Service:
				got = []string{object.Name, want.account, object.Namespace}
			case *appsv1.Deployment:
				spec := object.Spec.Template.Spec
				got = []string{spec.Containers[0].Env[0].Value, spec.ServiceAccountName, object.Namespace}
			case *rbacv1.RoleBinding:
				got = []string{want.service, object.Subjects[0].Name, object.Subjects[0].Namespace}
			case *rbacv1.ClusterRoleBinding:
				got = []string{want.service, object.Subjects[0].Name, object.Subjects[0].Namespace}
			default:
				if object.GetObjectKind().GroupVersionKind().Kind != "APIService" {
					continue
				}
				got = serviceOf(t, object)
				got = []string{got[0], want.account, got[1]}
			}
			seen++
			if !slices.Equal(got, []string{want.service, want.account, want.namespace}) {
				t.Errorf("%s: %T %s says %q, and not %q", overlay, object, object.GetName(), got, want)
			}
		}
		if seen != 6 {
			t.Errorf("%s: %d objects were looked at", overlay, seen)
		}
	}
}
