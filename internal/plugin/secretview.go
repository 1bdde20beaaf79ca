package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// SecretView is what is to be known of the Secret that the token goes into, but for
// what is in it.
type SecretView struct {
	Name string `json:"name"`
	// State is Present, Absent or Unread, which says that the caller may not tell.
	State string `json:"state"`
	Type  string `json:"type,omitempty"`
	// BelongsTo says whose it is, such as ClientCapability/tommy.
	BelongsTo string `json:"belongsTo,omitempty"`
	// Own is true where that is the ClientCapability that was asked about.
	Own       bool `json:"own"`
	Immutable bool `json:"immutable,omitempty"`
	// AlsoWantedBy are the other ClientCapabilities of the namespace that name it.
	AlsoWantedBy []string `json:"alsoWantedBy,omitempty"`
	// OthersUnread is true where the caller may not list those.
	OthersUnread bool `json:"othersUnread,omitempty"`
	// Writers are those who have written to it, the last one first.
	Writers []Writer `json:"writers,omitempty"`
}

// States of what is read.
const (
	present = "Present"
	absent  = "Absent"
	unread  = "Unread"
)

// Writer is a field manager of an object.
type Writer struct {
	Manager string      `json:"manager"`
	At      metav1.Time `json:"at"`
}

// operatorsManager is the field manager of the operator itself.
const operatorsManager = "capability-operator"

func (s *Session) viewSecret(ctx context.Context, f *facts) (*SecretView, error) {
	name := f.capability.SecretName()
	if f.capability.IsOnDemand() && f.secret == nil {
		return nil, nil
	}
	v := &SecretView{Name: name, State: absent}
	switch {
	case f.secretUnread:
		v.State = unread
	case f.secret != nil:
		v.State, v.Type, v.BelongsTo, v.Own = present, string(f.secret.Type), ownerOf(f.secret), f.ours()
		v.Immutable = f.secret.Immutable != nil && *f.secret.Immutable
		v.Writers = writersOf(f.secret)
	}
	others, err := s.listed(ctx)
	switch {
	case apierrors.IsForbidden(err):
		v.OthersUnread = true
	case err != nil:
		return nil, fmt.Errorf("looking for who else wants the Secret %s: %w", name, err)
	}
	for i := range others {
		if c := &others[i]; c.Name != f.capability.Name && !c.IsOnDemand() && c.SecretName() == name {
			v.AlsoWantedBy = append(v.AlsoWantedBy, c.Name)
		}
	}
	return v, nil
}

// ownerOf says whose a Secret is, as far as it can be told.
func ownerOf(secret *corev1.Secret) string {
	if name := v1alpha1.OwnerName(secret); name != "" && secret.Type == v1alpha1.SecretType {
		return v1alpha1.Kind + "/" + name
	}
	if controller := metav1.GetControllerOf(secret); controller != nil {
		return controller.Kind + "/" + controller.Name
	}
	return ""
}

func writersOf(object metav1.Object) []Writer {
	last := map[string]metav1.Time{}
	for _, entry := range object.GetManagedFields() {
		if entry.Time != nil && last[entry.Manager].Time.Before(entry.Time.Time) {
			last[entry.Manager] = *entry.Time
		}
	}
	writers := make([]Writer, 0, len(last))
	for manager, at := range last {
		writers = append(writers, Writer{Manager: manager, At: at})
	}
	slices.SortFunc(writers, func(a, b Writer) int {
		return cmp.Or(b.At.Compare(a.At.Time), cmp.Compare(a.Manager, b.Manager))
	})
	return writers
}

// whose says in words whose the Secret is.
func (v *SecretView) whose() string {
	switch {
	case v.Own:
		return "this ClientCapability"
	case v.BelongsTo != "":
		return v.BelongsTo
	}
	return "nobody who can be told (its type is " + v.Type + ")"
}

// otherWriters are those who have written to it beside the operator.
func (v *SecretView) otherWriters(now time.Time) []string {
	var others []string
	for _, w := range v.Writers {
		if w.Manager != operatorsManager {
			others = append(others, w.Manager+" "+ago(now, w.At.Time))
		}
	}
	return others
}
