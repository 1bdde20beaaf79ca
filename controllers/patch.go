package controllers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

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

// seed makes digests of one process incomparable with another's, which nobody
// needs to compare.
var seed = maphash.MakeSeed()

// secretDigest tells Secrets apart by all that the operator reads of them.
func secretDigest(secret *corev1.Secret) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	field := func(parts ...string) {
		for _, part := range parts {
			_, _ = h.WriteString(part) // a maphash never fails to write
			_ = h.WriteByte(0)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(secret.Data)) {
		field("data", key, string(secret.Data[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(secret.Labels)) {
		field("label", key, secret.Labels[key])
	}
	for _, key := range slices.Sorted(maps.Keys(secret.Annotations)) {
		field("annotation", key, secret.Annotations[key])
	}
	for _, ref := range secret.OwnerReferences {
		field("owner", ref.APIVersion, ref.Kind, ref.Name, string(ref.UID),
			fmt.Sprint(ref.Controller != nil && *ref.Controller, ref.BlockOwnerDeletion != nil && *ref.BlockOwnerDeletion))
	}
	field("immutable", fmt.Sprint(secret.Immutable != nil && *secret.Immutable))
	return h.Sum64()
}
