//go:build e2e

package e2e_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// testLending applies the samples of a lent account, in namespaces of its own, and withdraws the permission: with the
// rights that the manifests give, on a cluster with all its controllers.
func testLending(t *testing.T) {
	platform, tenant := newNamespace(t, "platform"), newNamespace(t, "tenant")
	samples := mustKubectl(t, "", "kustomize", repository+"config/samples/platform")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, _, err := kubectl(ctx, "", "delete", "clusteraccount", tenant); err != nil {
			t.Error(err)
		}
	})
	names := strings.NewReplacer("voice-platform", platform, "support", tenant, "name: production", "name: "+tenant)
	mustKubectl(t, names.Replace(samples), "apply", "-f", "-")
	mustKubectl(t, "", "wait", "--for=condition=Ready", "clusteraccount/"+tenant, "--timeout=30s")
	s := &stage{t: t, namespace: tenant}
	s.awaitReason("tommy", v1alpha1.ReasonTokenValid)
	mustKubectl(t, "", "label", "namespace", tenant, "voice-")
	mustKubectl(t, "", "wait", `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=`+v1alpha1.ReasonNamespaceNotAllowed,
		"clientcapability/tommy", "-n", tenant, "--timeout=30s")
	t.Logf("kubectl get twilio -A prints:\n%s", mustKubectl(t, "", "get", "twilio", "-A"))
}
