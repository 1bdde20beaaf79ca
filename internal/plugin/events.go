package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// EventView is an event about the object.
type EventView struct {
	Type    string      `json:"type"`
	Reason  string      `json:"reason"`
	Message string      `json:"message"`
	At      metav1.Time `json:"at"`
	// Count is how often it came.
	Count int32 `json:"count"`
}

// mostEvents are shown, the last ones.
const mostEvents = 10

// events are the last ones about an object, the oldest first; readable is false where
// the caller may not read them.
func (s *Session) events(ctx context.Context, about client.Object, kind string) (events []EventView, readable bool, err error) {
	list := &corev1.EventList{}
	err = s.API.List(ctx, list, client.InNamespace(about.GetNamespace()), client.MatchingFields{
		"involvedObject.kind": kind, "involvedObject.name": about.GetName(), "involvedObject.uid": string(about.GetUID()),
	})
	switch {
	case apierrors.IsForbidden(err):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("reading events: %w", err)
	}
	for i := range list.Items {
		events = append(events, viewEvent(&list.Items[i]))
	}
	slices.SortStableFunc(events, func(a, b EventView) int {
		return cmp.Or(a.At.Compare(b.At.Time), cmp.Compare(a.Reason, b.Reason))
	})
	return events[max(0, len(events)-mostEvents):], true, nil
}

// viewEvent reads events of both kinds: those that count themselves, and those that
// have a series.
func viewEvent(e *corev1.Event) EventView {
	view := EventView{Type: e.Type, Reason: e.Reason, Message: e.Message, Count: max(1, e.Count), At: e.LastTimestamp}
	if e.LastTimestamp.IsZero() {
		view.At = metav1.NewTime(e.EventTime.Time)
	}
	if e.Series != nil {
		view.Count, view.At = max(1, e.Series.Count), metav1.NewTime(e.Series.LastObservedTime.Time)
	}
	return view
}
