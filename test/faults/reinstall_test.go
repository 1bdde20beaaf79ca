//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// backAtWork bounds how long after the CRD's return new objects have tokens: the watch that broke when the kind went
// is opened again after up to a minute.
const backAtWork = time.Minute + 20*time.Second

func TestAnOperatorThatIsUninstalledAndInstalledAgainGoesOn(t *testing.T) {
	t.Parallel()
	rough.exclusively(t)
	at := rough.get(t)
	n := newNamespace(t, at.api)
	m := runManager(t, settings{kubeconfig: at.cluster.Kubeconfig(), namespaces: []*namespace{n}})
	m.keepRunning()
	const objects = 10
	name := func(i int) string { return fmt.Sprintf("client-%d", i) }
	for i := range objects {
		c := n.capability(name(i), "30s")
		if i == 0 {
			c.Spec.Secret = &v1alpha1.SecretTarget{DeletionPolicy: v1alpha1.DeletionPolicyRetain}
		}
		create(t, at.api, c)
	}
	n.awaitReady(t, soon, objects)

	n.awaitCollector(t)
	lines := m.log.lines()
	uninstall(t, at)
	t.Cleanup(func() { install(t, at) }) // for those that share the control plane, however this ends
	eventually(t, time.Minute, "only the retained Secret is left", func(ctx context.Context) (bool, string) {
		list := &corev1.SecretList{}
		err := at.api.List(ctx, list, tokenSecrets(n)...)
		return err == nil && len(list.Items) == 1 && list.Items[0].Name == name(0), fmt.Sprint(len(list.Items), err)
	})
	passes(t, 5*time.Second)
	if said := m.log.lines() - lines; said > 60 {
		t.Errorf("the operator said %d lines while its kind was gone", said)
	}

	install(t, at)
	o := observe(t, at.api, n)
	for i := range objects {
		eventually(t, soon, "the kind is served", func(ctx context.Context) (bool, string) {
			err := at.api.Create(ctx, n.capability(name(i), "30s"))
			return err == nil, fmt.Sprint(err)
		})
	}
	back := time.Now()
	n.awaitReady(t, backAtWork, objects)
	t.Logf("everything was Ready %s after the CRD's return", time.Since(back).Round(100*time.Millisecond))
	steady := time.Now()
	passes(t, 5*time.Second)
	o.expectNoneExpiredAfter(t, steady)
	o.expectAllVerify(t)
	for i := range objects {
		n.expectOwned(t, name(i))
	}
}

// collectorLooks bounds how long the garbage collector takes to notice a kind that is new, or there again: it looks every
// half minute, and later after an outage.
const collectorLooks = 2 * time.Minute

// awaitCollector waits until garbage collection follows the kind: what it does not follow when the kind goes, it can't
// collect any more.
func (n *namespace) awaitCollector(t *testing.T) {
	t.Helper()
	const probe = "probe"
	n.declare(t, probe, "30s")
	eventually(t, soon, "the probe has its Secret", func(ctx context.Context) (bool, string) {
		err := n.api.Get(ctx, n.at(probe), n.secret(probe))
		return err == nil, fmt.Sprint(err)
	})
	n.delete(t, probe)
	awaitGone(t, n.api, collectorLooks, n.secret(probe))
}

func uninstall(t *testing.T, at *lazyCluster) {
	t.Helper()
	crd := &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "clientcapabilities." + v1alpha1.GroupName},
	}
	if err := at.api.Delete(t.Context(), crd); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, at.api, soon, crd)
}

func install(t *testing.T, at *lazyCluster) {
	t.Helper()
	if _, err := envtest.InstallCRDs(at.cluster.Config, envtest.CRDInstallOptions{Paths: []string{crdFolder}}); err != nil {
		t.Fatal(err)
	}
}
