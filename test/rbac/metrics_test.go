package rbac_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var whoMayScrapeIsServed = check{
	name: "who may scrape is served",
	act: func(in *installation) {
		in.scraper = scraper(in.t, in.namespace, "prometheus", "capability-operator-metrics-reader-"+in.namespace)
	},
	missing: func(ctx context.Context, in *installation) error {
		return scrape(ctx, "https://"+in.metrics, in.scraper)
	},
}

// scraper makes a ServiceAccount with the role of readers, if one is named, and returns a token of it.
func scraper(t *testing.T, namespace, name, role string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: named(namespace, name)}
	lasting(t, account)
	if role != "" {
		lasting(t, &rbacv1.ClusterRoleBinding{
			ObjectMeta: named("", namespace+"-"+name),
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}},
		})
	}
	request := &authenticationv1.TokenRequest{}
	if err := objects.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// scrape is nil where the metrics are served to who sends the token, and have these lines.
func scrape(ctx context.Context, server, token string, lines ...string) error {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}} // it signs itself
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/metrics", http.NoBody)
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, page)
	}
	if err == nil && !strings.Contains(string(page), "\ncapability_operator_leader ") {
		return errors.New("the page has no metrics of the operator's")
	}
	for _, line := range lines {
		if err == nil && !strings.Contains(string(page), "\n"+line+"\n") {
			return fmt.Errorf("the page does not say %q", line)
		}
	}
	return err
}

// servesMetrics fails unless the overlay's operator serves them to whom its role of readers is bound, and to nobody else.
// In named namespaces they are on loopback, for anybody there.
func (in *installed) servesMetrics() {
	in.t.Helper()
	if !in.whole {
		in.await(func(ctx context.Context) error { return scrape(ctx, "http://"+in.metrics, "") })
		return
	}
	server := "https://" + in.metrics
	reader := scraper(in.t, elsewhere, "prometheus", in.prefix+"capability-operator-metrics-reader")
	in.await(func(ctx context.Context) error { return scrape(ctx, server, reader) })
	for token, want := range map[string]string{"": "401", "invented": "401", scraper(in.t, elsewhere, "tommy", ""): "403"} {
		if err := scrape(in.t.Context(), server, token); err == nil || !strings.HasPrefix(err.Error(), want) {
			in.t.Errorf("instead of %s: %v", want, err)
		}
	}
}

func TestTheServiceOfMetricsHasTheManagersOfAllShardsBehindItAndNoOther(t *testing.T) {
	for folder, managers := range map[string]int{"config/default": 1, "config/sharded": 2} {
		built := objectsIn(t, build(t, repository+folder))
		behind := 0
		for _, object := range built {
			service, ok := object.(*corev1.Service)
			if !ok {
				continue
			}
			for _, pods := range append(deploymentsIn(built), deploymentsIn(objectsIn(t, build(t, repository+"config/ondemand")))...) {
				template := pods.Spec.Template
				if !labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(template.Labels)) {
					continue
				}
				behind++
				if port, ok := portNamed(template.Spec.Containers[0].Ports, service.Spec.Ports[0].TargetPort.StrVal); !ok || port != service.Spec.Ports[0].Port {
					t.Errorf("%s: behind the Service is %s without its port", folder, pods.Name)
				}
			}
		}
		if behind != managers {
			t.Errorf("%s: behind the Service are %d Deployments", folder, behind)
		}
	}
}

func deploymentsIn(built []client.Object) []*appsv1.Deployment {
	var found []*appsv1.Deployment
	for _, object := range built {
		if deployment, ok := object.(*appsv1.Deployment); ok {
			found = append(found, deployment)
		}
	}
	return found
}

func portNamed(ports []corev1.ContainerPort, name string) (int32, bool) {
	for _, port := range ports {
		if port.Name == name {
			return port.ContainerPort, true
		}
	}
	return 0, false
}

func TestTheDocumentedNetworkPolicyLetsPrometheusInToMetricsAlone(t *testing.T) {
	for _, object := range objectsIn(t, build(t, documented(t, "watched"))) {
		policy, ok := object.(*networkingv1.NetworkPolicy)
		if !ok {
			continue
		}
		if len(policy.Spec.Ingress) != 1 || len(policy.Spec.Ingress[0].Ports) != 1 || policy.Spec.Ingress[0].Ports[0].Port.IntVal != 8443 {
			t.Fatalf("let in is %v", policy.Spec.Ingress)
		}
		from := policy.Spec.Ingress[0].From
		if len(from) != 1 || from[0].NamespaceSelector == nil || from[0].NamespaceSelector.MatchLabels[corev1.LabelMetadataName] == "" {
			t.Errorf("let in are %v", from)
		}
		return
	}
	t.Error("there is no network policy")
}

func TestTheDocumentedCertificateOfMetricsIsWhereTheFlagSays(t *testing.T) {
	for _, object := range objectsIn(t, build(t, documented(t, "certified"))) {
		deployment, ok := object.(*appsv1.Deployment)
		if !ok {
			continue
		}
		pod := deployment.Spec.Template.Spec
		if len(pod.Volumes) != 1 || pod.Volumes[0].Secret == nil || len(pod.Containers[0].VolumeMounts) != 1 {
			t.Fatalf("mounted are %v, of %v", pod.Containers[0].VolumeMounts, pod.Volumes)
		}
		mount := pod.Containers[0].VolumeMounts[0]
		if mount.Name != pod.Volumes[0].Name || !slices.Contains(pod.Containers[0].Args, "--metrics-cert-path="+mount.MountPath) {
			t.Errorf("%v is mounted, and the flags are %q", mount, pod.Containers[0].Args)
		}
		return
	}
	t.Error("there is no Deployment")
}
