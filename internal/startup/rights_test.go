package startup

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// answering stands in for an API server that answers each list with what answer says of its path.
func answering(t *testing.T, answer func(path string) metav1.Status) *rest.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := answer(r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		if status.Code == 0 {
			_ = json.NewEncoder(w).Encode(metav1.PartialObjectMetadataList{
				TypeMeta: metav1.TypeMeta{Kind: "PartialObjectMetadataList", APIVersion: "meta.k8s.io/v1"},
			})
			return
		}
		status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
		w.WriteHeader(int(status.Code))
		_ = json.NewEncoder(w).Encode(status)
	}))
	t.Cleanup(server.Close)
	return &rest.Config{Host: server.URL}
}

const group = "/apis/voice.capability-operator.io/v1alpha1"

func TestWhatIsReadIsWhatTheOptionsNeed(t *testing.T) {
	for name, test := range map[string]struct {
		scope Scope
		want  []string
	}{
		"the whole cluster":             {Scope{ClusterAccounts: true}, []string{group + "/clientcapabilities", group + "/clusteraccounts", "/api/v1/namespaces", "/api/v1/secrets"}},
		"the cluster, without accounts": {Scope{}, []string{group + "/clientcapabilities", "/api/v1/secrets"}},
		"one namespace": {
			Scope{Namespaces: []string{"support"}},
			[]string{group + "/namespaces/support/clientcapabilities", "/api/v1/namespaces/support/secrets"},
		},
		"a share of the namespaces": {
			Scope{Namespaces: []string{"support"}, ClusterAccounts: true},
			[]string{
				group + "/clusteraccounts", group + "/namespaces/support/clientcapabilities",
				"/api/v1/namespaces", "/api/v1/namespaces/support/secrets", "/api/v1/secrets",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			config := answering(t, func(path string) metav1.Status {
				asked = append(asked, path)
				return metav1.Status{}
			})
			if rights, err := AwaitRights(t.Context(), config, "0", test.scope); rights == nil || err != nil {
				t.Fatal(rights, err)
			}
			slices.Sort(asked)
			slices.Sort(test.want)
			if !slices.Equal(asked, test.want) {
				t.Errorf("read were %q, not %q", asked, test.want)
			}
		})
	}
}

func TestAMissingRightIsNamedAndWaitedFor(t *testing.T) {
	for name, test := range map[string]struct {
		scope   Scope
		missing string
		status  metav1.Status
		says    []string
	}{
		"accounts": {
			Scope{ClusterAccounts: true}, group + "/clusteraccounts", metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden},
			[]string{"list clusteraccounts.voice.capability-operator.io of the cluster", "--cluster-accounts=false"},
		},
		"all Secrets": {
			Scope{}, "/api/v1/secrets", metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden},
			[]string{"list secrets in all namespaces", "--watch-namespaces"},
		},
		"a namespace's Secrets": {
			Scope{Namespaces: []string{"support"}}, "/api/v1/namespaces/support/secrets", metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden},
			[]string{"list secrets in the namespace support", "config/namespaced/tenant"},
		},
		"a CRD": {
			Scope{}, group + "/clientcapabilities", metav1.Status{Code: 404, Reason: metav1.StatusReasonNotFound},
			[]string{"does not know clientcapabilities.voice.capability-operator.io", "install the CRDs"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var granted atomic.Bool
			config := answering(t, func(path string) metav1.Status {
				if path == test.missing && !granted.Load() {
					return test.status
				}
				return metav1.Status{}
			})
			probes := controlplane.FreeAddress(t)
			client, err := metadata.NewForConfig(config)
			if err != nil {
				t.Fatal(err)
			}
			left := tryReading(t.Context(), client, test.scope.readings(), Scope{Granted: "config/rbac", GrantedIn: "config/namespaced/tenant"})
			if len(left) != 1 {
				t.Fatalf("%d can't be read, not one", len(left))
			}
			for _, part := range test.says {
				if !strings.Contains(left[0].err.Error(), part) {
					t.Errorf("it does not say %q: %v", part, left[0].err)
				}
			}
			ended := make(chan error, 1)
			go func() {
				rights, err := AwaitRights(t.Context(), config, probes, test.scope)
				if err == nil && rights == nil {
					err = errors.New("it ended though nobody told it to")
				}
				ended <- err
			}()
			awaitProbes(t, probes, errNoRights.Error())
			granted.Store(true)
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it goes on waiting for what was granted")
			}
		})
	}
}

func TestAProgramThatIsToldToEndStopsWaitingForRights(t *testing.T) {
	config := answering(t, func(string) metav1.Status { return metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden} })
	ctx, end := context.WithCancel(t.Context())
	end()
	if rights, err := AwaitRights(ctx, config, "0", Scope{}); rights != nil || err != nil {
		t.Error(rights, err)
	}
}

// awaitProbes waits until the process says that it lives and why it is not ready.
func awaitProbes(t *testing.T, address, why string) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); ; {
		lives := get(t, address+"/healthz")
		ready := get(t, address+"/readyz")
		if lives == nil && ready != nil && strings.Contains(ready.Error(), why) {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("it lives (%v) and is not ready (%v)", lives, ready)
		}
	}
}

func TestWhatWasReadOnceIsNotReadAgain(t *testing.T) {
	asked := map[string]int{}
	config := answering(t, func(path string) metav1.Status {
		asked[path]++
		if path == "/api/v1/namespaces/sales/secrets" && asked[path] == 1 {
			return metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden}
		}
		return metav1.Status{}
	})
	rights, err := AwaitRights(t.Context(), config, "0", Scope{Namespaces: []string{"support", "sales"}})
	if rights == nil || err != nil || len(rights.LeftOut) != 0 || !slices.Equal(rights.Namespaces, []string{"support", "sales"}) {
		t.Fatal(rights, err)
	}
	for path, times := range asked {
		if want := 1 + strings.Count(path, "sales/secrets"); times != want {
			t.Errorf("%s was read %d times, not %d", path, times, want)
		}
	}
	if len(asked) != 4 {
		t.Errorf("read were %v", asked)
	}
}
