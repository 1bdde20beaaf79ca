package main

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// documents is where the objects are kept that transcripts are of. What reads an
// object's status, such as the health checks of GitOps tools, is tested on them.
const documents = "../../test/gitops/testdata"

// keepDocument compares the object that a transcript is about, as the API server has
// it, with what is kept of it.
func (w *world) keepDocument(transcript string) {
	w.t.Helper()
	kind, key := v1alpha1.Kind, client.ObjectKey{Namespace: w.namespace, Name: tommy}
	if strings.HasPrefix(transcript, v1alpha1.ClusterAccountKind+"-") {
		kind, key = v1alpha1.ClusterAccountKind, client.ObjectKey{Name: w.account}
	}
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	if err := w.api.Get(w.t.Context(), key, object); err != nil {
		w.t.Fatal(err)
	}
	metadata := map[string]any{"name": key.Name, "generation": object.GetGeneration()}
	if key.Namespace != "" {
		metadata["namespace"] = key.Namespace
	}
	if object.GetDeletionTimestamp() != nil {
		metadata["deletionTimestamp"] = noon
	}
	object.Object["metadata"] = metadata
	text, err := yaml.Marshal(object.Object)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mustKeepSecrets(string(text))
	compare(w.t, documents, transcript+".yaml", w.shown(string(text)))
}
