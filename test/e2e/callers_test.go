//go:build e2e

package e2e_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/test/e2e/asking"
)

const (
	// callerProgram is where images of callers have it.
	callerProgram = "/capability-operator-caller"
	// forTokenServer and forSomebodyElse are folders in a caller's pod. The first has what is needed to go straight.
	forTokenServer, forSomebodyElse = "/var/run/tokenserver", "/var/run/somebody-else"
	// published is where the token server keeps its authority for callers, and the name of the copy that they mount.
	published = "tokenserver-ca"
)

func (s *tokenStage) path(name string) string {
	return "/apis/" + tokens.GroupVersion.String() + "/namespaces/" + s.namespace + "/clientcapabilities/" + name + "/token"
}

// allowCalls lets ServiceAccount app have tokens of the dialler, as documented, and all of the namespace's read the
// published authority, of which the pods mount a copy.
func (s *tokenStage) allowCalls() {
	s.t.Helper()
	bind := func(namespace, name string, rule rbacv1.PolicyRule, subject rbacv1.Subject) {
		at := metav1.ObjectMeta{Namespace: namespace, Name: name}
		s.create(&rbacv1.Role{ObjectMeta: at, Rules: []rbacv1.PolicyRule{rule}})
		binding := &rbacv1.RoleBinding{
			ObjectMeta: at, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name}, Subjects: []rbacv1.Subject{subject},
		}
		s.create(binding)
	}
	for _, name := range []string{"app", "other"} {
		s.create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}})
	}
	bind(s.namespace, "dialler-token", rbacv1.PolicyRule{
		APIGroups: []string{tokens.GroupName}, Resources: []string{"clientcapabilities/token"}, ResourceNames: []string{dialler}, Verbs: []string{"create"},
	}, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: s.namespace, Name: "app"})
	bind(operatorNamespace, s.namespace, rbacv1.PolicyRule{
		APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{published}, Verbs: []string{"get"},
	}, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:serviceaccounts:" + s.namespace})
	s.create(&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: published}, Data: map[string]string{"ca.crt": s.authority()},
	})
}

// authority is the one that the token server has published.
func (s *tokenStage) authority() string {
	s.t.Helper()
	authority, err := publishedAuthority(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return authority
}

func publishedAuthority(ctx context.Context) (string, error) {
	authority := &corev1.ConfigMap{}
	err := objects.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: published}, authority)
	return authority.Data["ca.crt"], err
}

// awaitAuthority waits until what is published is what is wanted.
func (s *tokenStage) awaitAuthority(what string, wanted func(authority string) bool) {
	s.t.Helper()
	await(s.t, 20*time.Second, what, func(ctx context.Context) error {
		authority, err := publishedAuthority(ctx)
		if err == nil && !wanted(authority) {
			err = errors.New("it is not there")
		}
		return err
	})
}

func (s *tokenStage) callerPod(name, account string, args ...string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name, Labels: map[string]string{"app": "caller"}},
		Spec: corev1.PodSpec{
			ServiceAccountName:            account,
			HostNetwork:                   true,
			RestartPolicy:                 corev1.RestartPolicyNever,
			TerminationGracePeriodSeconds: new(int64(1)),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), RunAsUser: new(int64(nonRoot)), RunAsGroup: new(int64(nonRoot)),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name:            "caller",
				Image:           cmp.Or(os.Getenv("E2E_CALLER_IMAGE"), "localhost/capability-operator-caller:dev"),
				ImagePullPolicy: corev1.PullIfNotPresent,
				Command:         append([]string{callerProgram}, args...),
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
					Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
				VolumeMounts: []corev1.VolumeMount{
					{Name: "tokenserver", MountPath: forTokenServer, ReadOnly: true},
					{Name: "somebody-else", MountPath: forSomebodyElse, ReadOnly: true},
				},
			}},
			Volumes: []corev1.Volume{projected("tokenserver", "capability-operator"), projected("somebody-else", "somebody-else")},
		},
	}
}

// projected has a token of the audience, and the copy of the authority.
func projected(name, audience string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
		{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Audience: audience, ExpirationSeconds: new(int64(3600)), Path: "token"}},
		{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: published}}},
	}}}}
}

func (s *tokenStage) startCallers(pods ...*corev1.Pod) {
	s.t.Helper()
	for _, pod := range pods {
		s.create(pod)
	}
	await(s.t, time.Minute, "the callers' pods run", func(ctx context.Context) error {
		for _, pod := range pods {
			if err := objects.Get(ctx, client.ObjectKeyFromObject(pod), pod); err != nil {
				return err
			}
			if pod.Status.Phase != corev1.PodRunning {
				return fmt.Errorf("%s is %s", pod.Name, pod.Status.Phase)
			}
		}
		return nil
	})
}

// inPod runs the callers' program in a running pod. What it prints is in no log.
func (s *tokenStage) inPod(ctx context.Context, pod string, args ...string) (string, error) {
	printed, _, err := kubectl(ctx, "", append([]string{"exec", "-n", s.namespace, pod, "--", callerProgram}, args...)...)
	return printed, err
}

// ask makes one request from a running pod: through the API server, or straight with the flags of that way.
func (s *tokenStage) ask(ctx context.Context, pod, name, body string, flags ...string) (asking.Answer, error) {
	answer := asking.Answer{}
	printed, err := s.inPod(ctx, pod, append([]string{"ask", "--path=" + s.path(name), "--body=" + body}, flags...)...)
	if err == nil {
		err = json.Unmarshal([]byte(printed), &answer)
	}
	return answer, err
}

// straightly are the flags of the straight way, by the authority that is published now.
func (s *tokenStage) straightly(more ...string) []string {
	return slices.Concat(s.straight, []string{"--published=" + operatorNamespace + "/" + published}, more)
}
