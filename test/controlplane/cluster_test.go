package controlplane_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

func TestAControlPlane(t *testing.T) {
	t.Parallel()
	started := time.Now()
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{ControllerManager: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %s", time.Since(started).Round(time.Millisecond))
	stopped := false
	t.Cleanup(func() {
		if !stopped {
			_ = cluster.Stop()
		}
	})
	api := clientFor(t, cluster.Config)

	t.Run("lets a deleted namespace vanish with what is in it", func(t *testing.T) {
		namespace := create(t, api, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "doomed-"}})
		create(t, api, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "inside"}})
		if err := api.Delete(t.Context(), namespace); err != nil {
			t.Fatal(err)
		}
		eventuallyGone(t, api, namespace)
	})

	t.Run("collects the garbage of a deleted owner", func(t *testing.T) {
		owner := create(t, api, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "owner"}})
		owned := create(t, api, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: "owned",
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, corev1.SchemeGroupVersion.WithKind("ConfigMap"))},
		}})
		if err := api.Delete(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		eventuallyGone(t, api, owned)
	})

	t.Run("grants a user the given rights and no others", func(t *testing.T) {
		user, err := cluster.AddUser(t.Context(), envtest.User{Name: "reader"}, rbacv1.PolicyRule{
			APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"list"},
		})
		if err != nil {
			t.Fatal(err)
		}
		reader := clientFor(t, user.Config)
		if err := reader.List(t.Context(), &corev1.ConfigMapList{}); err != nil {
			t.Errorf("what was granted is refused: %v", err)
		}
		if err := reader.List(t.Context(), &corev1.SecretList{}); !apierrors.IsForbidden(err) {
			t.Errorf("listing Secrets was not granted, and gives: %v", err)
		}
	})

	t.Run("keeps its objects and its address when the API server restarts", func(t *testing.T) {
		kept := create(t, api, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "kept"}})
		if err := cluster.StopAPIServer(); err != nil {
			t.Fatal(err)
		}
		if err := api.Get(t.Context(), client.ObjectKeyFromObject(kept), kept); err == nil {
			t.Error("a stopped API server answers")
		}
		if err := cluster.StartAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := api.Get(t.Context(), client.ObjectKeyFromObject(kept), kept); err != nil {
			t.Errorf("after a restart: %v", err)
		}
	})

	t.Run("leaves nothing behind when it is stopped", func(t *testing.T) {
		folder := filepath.Dir(cluster.Kubeconfig())
		stopped = true
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(folder); !os.IsNotExist(err) {
			t.Errorf("%s is still there (%v)", folder, err)
		}
		if running := processesIn(folder); len(running) > 0 {
			t.Errorf("still running: %v", running)
		}
	})
}

func TestAMissingControlPlaneSaysHowToGetOne(t *testing.T) {
	for name, folder := range map[string]string{"unset": "", "empty folder": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBEBUILDER_ASSETS", folder)
			_, err := controlplane.Start(t.Context(), controlplane.Options{})
			if err == nil || !strings.Contains(err.Error(), "run `make test`") {
				t.Errorf("the error does not say what to do: %v", err)
			}
		})
	}
}

func clientFor(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	api, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func create[T client.Object](t *testing.T, api client.Client, object T) T {
	t.Helper()
	if err := api.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	return object
}

func eventuallyGone(t *testing.T, api client.Client, object client.Object) {
	t.Helper()
	key := client.ObjectKeyFromObject(object)
	gone := func(ctx context.Context) (bool, error) {
		err := api.Get(ctx, key, object)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, gone); err != nil {
		t.Errorf("%T %s is still there: %v", object, key, err)
	}
}
