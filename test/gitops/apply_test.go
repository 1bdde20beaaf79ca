package gitops_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// longer is delivered beside the samples: what they leave out, and each value that could
// be written in another way.
const longer = `
---
apiVersion: voice.capability-operator.io/v1alpha1
kind: ClientCapability
metadata: {name: longer}
spec:
  accountRef: {name: twilio, keys: {authToken: TWILIO_AUTH_TOKEN}}
  clientName: longer
  incoming: true
  outgoing: {applicationSID: AP0123456789ABCDEF0123456789abcdef, params: {team: support, empty: ""}}
  eventStream: {filters: {}}
  ttl: 90m
  renewBefore: 0h5m0s
  suspend: false
  secret: {name: longer-token, key: jwt, labels: {team: support}, annotations: {reloader.stakater.com/match: "true"}, deletionPolicy: Retain}
---
apiVersion: voice.capability-operator.io/v1alpha1
kind: ClusterAccount
metadata: {name: %[1]s}
spec:
  secretRef: {namespace: %[1]s, name: twilio}
  allowedNamespaces: {names: [support, %[1]s]}
  limits: {minTTL: 300s, maxTTL: 1h0m0s, capabilities: [], tokenTypes: [Capability]}
  verify: {interval: 24h}
`

// labels and annotations are what GitOps tools put on what they deliver, to know it again.
var (
	labels = map[string]string{
		"app.kubernetes.io/instance": "voice", "app.kubernetes.io/managed-by": "Helm", "argocd.argoproj.io/instance": "voice",
		"kustomize.toolkit.fluxcd.io/name": "voice", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
	}
	annotations = map[string]string{
		"argocd.argoproj.io/tracking-id": "voice:voice.capability-operator.io/ClientCapability:support/tommy", "argocd.argoproj.io/sync-wave": "1",
		"kustomize.toolkit.fluxcd.io/prune": "disabled", "helm.sh/resource-policy": "keep",
	}
)

func TestApplyingAgainChangesNothing(t *testing.T) {
	s := newStage(t)
	s.run(t)
	for how, flags := range map[string][]string{"by-the-client": nil, "by-the-server": {"--server-side"}} {
		t.Run(how, func(t *testing.T) {
			s.must(t, "create", "namespace", how)
			manifests := delivered(t, s, how)
			apply := append([]string{"apply", "-n", how, "-f", manifests}, flags...)
			s.must(t, apply...)
			s.must(t, "wait", "--for=condition=Ready", "ccap", "--all", "-n", how, "--timeout=60s")
			s.must(t, "wait", "--for=condition=Ready", "cacct/"+how, "--timeout=60s")
			// What is asked for by hand stays, though no repository has it.
			s.must(t, "annotate", "ccap/tommy", "-n", how, v1alpha1.RenewRequestedAtAnnotation+"=2026-01-02T15:04:05Z")

			before := kept(t, s, how)
			s.must(t, apply...)
			if after := kept(t, s, how); after != before {
				t.Errorf("applied again, they change:\n%s\nwas\n%s", after, before)
			}
			if printed, err := s.kubectl(t, append([]string{"diff", "-n", how, "-f", manifests}, flags...)...); err != nil {
				t.Errorf("kubectl diff: %v\n%s", err, printed)
			}
			if !strings.Contains(before, v1alpha1.RenewRequestedAtAnnotation) {
				t.Errorf("the annotation is not among what is compared:\n%s", before)
			}
			mustEqualAsArgoCompares(t, s, how, manifests)
			mustBearNoMark(t, s, how)
		})
	}
}

// delivered is a file of the samples and longer, with what tools put on each.
func delivered(t *testing.T, s *stage, namespace string) string {
	t.Helper()
	var text strings.Builder
	for _, object := range objects(t, s.must(t, "kustomize", repository+"config/samples")+fmt.Sprintf(longer, namespace)) {
		marked := object.GetLabels()
		if marked == nil {
			marked = map[string]string{}
		}
		maps.Copy(marked, labels)
		object.SetLabels(marked)
		object.SetAnnotations(annotations)
		fmt.Fprintf(&text, "---\n%s\n", asJSON(t, object))
	}
	return write(t, text.String())
}

// kept is what the API server holds of what was delivered: all but the status, and what
// says when and by whom.
func kept(t *testing.T, s *stage, namespace string) string {
	t.Helper()
	columns := "custom-columns=NAME:.metadata.name,GENERATION:.metadata.generation,LABELS:.metadata.labels,ANNOTATIONS:.metadata.annotations,SPEC:.spec,DATA:.data"
	return s.must(t, "get", "ccap", "-n", namespace, "-o", columns) + s.must(t, "get", "secret/twilio", "-n", namespace, "-o", columns) +
		s.must(t, "get", "cacct/"+namespace, "-o", columns)
}

// mustEqualAsArgoCompares makes Argo CD's three-way comparison: a merge patch from what
// was applied last to what is wanted, over what lives. Anything in it is OutOfSync.
func mustEqualAsArgoCompares(t *testing.T, s *stage, namespace, manifests string) {
	t.Helper()
	wanted := objects(t, file(t, manifests))
	if len(wanted) != 5 {
		t.Fatalf("there are %d objects", len(wanted))
	}
	for _, want := range wanted {
		if want.GetKind() != "ClusterAccount" {
			want.SetNamespace(namespace)
		}
		encode(t, want)
		live := objects(t, s.must(t, "get", want.GetKind(), want.GetName(), "-n", namespace, "-o", "yaml"))[0]
		last := asJSON(t, want)
		if applied := live.GetAnnotations()["kubectl.kubernetes.io/last-applied-configuration"]; applied != "" {
			applied := objects(t, applied)[0]
			encode(t, applied)
			last = asJSON(t, applied)
		}
		patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(last, asJSON(t, want), asJSON(t, live))
		if err != nil {
			t.Fatal(err)
		}
		if string(patch) != "{}" {
			t.Errorf("%s %s is for ever out of sync: %s", want.GetKind(), want.GetName(), patch)
		}
	}
}

// encode puts a Secret's stringData where the API server puts it; Argo CD does so before it compares.
func encode(t *testing.T, object *unstructured.Unstructured) {
	t.Helper()
	text, found, err := unstructured.NestedStringMap(object.Object, "stringData")
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		return
	}
	data := map[string]any{}
	for key, value := range text {
		data[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	object.Object["data"] = data
	unstructured.RemoveNestedField(object.Object, "stringData")
}

// A token's Secret with such a mark would be taken for something that a tool delivered,
// and is in no repository: the tool would prune it.
func mustBearNoMark(t *testing.T, s *stage, namespace string) {
	t.Helper()
	for _, name := range []string{"tommy", "support", "longer-token"} {
		text := s.must(t, "get", "secret", name, "-n", namespace, "-o", "jsonpath={.metadata.labels} {.metadata.annotations}")
		for _, marks := range []map[string]string{labels, annotations} {
			for mark := range marks {
				if strings.Contains(text, mark) {
					t.Errorf("Secret %s has %s: %s", name, mark, text)
				}
			}
		}
		if name == "longer-token" && !(strings.Contains(text, `"team":"support"`) && strings.Contains(text, "reloader.stakater.com/match")) {
			t.Errorf("Secret %s lacks what is declared for it: %s", name, text)
		}
	}
}

// objects are those of a text of YAML or JSON, the items of lists among them.
func objects(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var found []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		object := &unstructured.Unstructured{}
		if decoder.Decode(object) != nil {
			break
		}
		if !object.IsList() {
			found = append(found, object)
			continue
		}
		list, err := object.ToList()
		if err != nil {
			t.Fatal(err)
		}
		for i := range list.Items {
			found = append(found, &list.Items[i])
		}
	}
	return found
}

func asJSON(t *testing.T, object *unstructured.Unstructured) []byte {
	t.Helper()
	text, err := json.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
