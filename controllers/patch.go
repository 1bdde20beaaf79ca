package controllers

import (
	"bytes"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// mergePatch is the JSON merge patch (RFC 7386) that makes next of present; nil
// where they are equal. It holds nothing but the differences, because what is
// present was read through a cache that strips, and it names the version that
// the decision was made on, so that a stale decision conflicts.
func mergePatch(present, next *corev1.Secret) ([]byte, error) {
	metadata := map[string]any{}
	if labels := diff(present.Labels, next.Labels, sameText); labels != nil {
		metadata["labels"] = labels
	}
	if annotations := diff(present.Annotations, next.Annotations, sameText); annotations != nil {
		metadata["annotations"] = annotations
	}
	if !equality.Semantic.DeepEqual(present.OwnerReferences, next.OwnerReferences) {
		metadata["ownerReferences"] = next.OwnerReferences // a merge patch replaces lists whole; null removes
	}
	data := diff(present.Data, next.Data, bytes.Equal)
	if len(metadata) == 0 && data == nil {
		return nil, nil
	}
	metadata["resourceVersion"] = present.ResourceVersion
	patch := map[string]any{"metadata": metadata}
	if data != nil {
		patch["data"] = data
	}
	raw, err := json.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("encoding the Secret's patch: %w", err)
	}
	return raw, nil
}

// diff is the members of a merge patch that make next of present: changed
// values, and null for what goes. It is nil where there is nothing to change.
func diff[V any](present, next map[string]V, equal func(a, b V) bool) map[string]any {
	patch := map[string]any{}
	for key, value := range next {
		if was, ok := present[key]; !ok || !equal(was, value) {
			patch[key] = value // a []byte is encoded as base64, as a Secret's data is
		}
	}
	for key := range present {
		if _, ok := next[key]; !ok {
			patch[key] = nil
		}
	}
	if len(patch) == 0 {
		return nil
	}
	return patch
}

func sameText(a, b string) bool { return a == b }
