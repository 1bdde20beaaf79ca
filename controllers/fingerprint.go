package controllers

import (
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// seed makes digests of one process incomparable with another's, which nobody
// needs to compare.
var seed = maphash.MakeSeed()

// fingerprint tells objects apart by what the operator reads of them, at a fraction of
// what it costs to encode them.
type fingerprint struct{ hash maphash.Hash }

func newFingerprint() *fingerprint {
	d := &fingerprint{}
	d.hash.SetSeed(seed)
	return d
}

func (d *fingerprint) text(parts ...string) {
	for _, part := range parts {
		_, _ = d.hash.WriteString(part) // a maphash never fails to write
		_ = d.hash.WriteByte(0)
	}
}

func (d *fingerprint) number(n int64) { d.text(strconv.FormatInt(n, 10)) }

// moment is exact to the second, as times are in the API server.
func (d *fingerprint) moment(t metav1.Time) {
	if t.IsZero() {
		d.text("")
		return
	}
	d.number(t.Truncate(time.Second).Unix())
}

func (d *fingerprint) optional(t *metav1.Time) {
	if t == nil {
		t = &metav1.Time{}
	}
	d.moment(*t)
}

func (d *fingerprint) texts(kind string, m map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		d.text(kind, key, m[key])
	}
}

// secretDigest tells Secrets apart by all that the operator reads of them.
func secretDigest(secret *corev1.Secret) uint64 {
	d := newFingerprint()
	for _, key := range slices.Sorted(maps.Keys(secret.Data)) {
		d.text("data", key)
		_, _ = d.hash.Write(secret.Data[key])
		_ = d.hash.WriteByte(0)
	}
	d.texts("label", secret.Labels)
	d.texts("annotation", secret.Annotations)
	for _, ref := range secret.OwnerReferences {
		d.text("owner", ref.APIVersion, ref.Kind, ref.Name, string(ref.UID),
			strconv.FormatBool(ref.Controller != nil && *ref.Controller),
			strconv.FormatBool(ref.BlockOwnerDeletion != nil && *ref.BlockOwnerDeletion))
	}
	d.text("immutable", strconv.FormatBool(isImmutable(secret)))
	return d.hash.Sum64()
}

// statusDigest tells statuses apart as they stand in the API server. Each field of
// the status is in it: TestEveryFieldOfTheStatusCountsInItsDigest.
func statusDigest(status v1alpha1.ClientCapabilityStatus) uint64 {
	d := newFingerprint()
	d.number(status.ObservedGeneration)
	d.text(status.SecretName, status.AccountSID)
	d.optional(status.LastRenewRequest)
	if token := status.Token; token != nil {
		d.text("token", token.SignedBy)
		d.moment(token.IssuedAt)
		d.moment(token.ExpiresAt)
		d.optional(token.RenewsAt)
	}
	for i := range status.Conditions {
		c := &status.Conditions[i]
		d.text("condition", c.Type, string(c.Status), c.Reason, c.Message)
		d.number(c.ObservedGeneration)
		d.moment(c.LastTransitionTime)
	}
	return d.hash.Sum64()
}
