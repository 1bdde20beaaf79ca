package plugin

import (
	"context"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin/advice"
)

// Explanation is how one ClientCapability fares, why, and what to do about it.
type Explanation struct {
	ListItem
	// Advice is what to do; there is none where nothing is to be done.
	Advice   *advice.Advice `json:"advice,omitempty"`
	Account  AccountView    `json:"account"`
	Decision Decision       `json:"decision"`
	// Secret is absent with tokens on demand, once it is gone.
	Secret *SecretView `json:"secret,omitempty"`
	Events []EventView `json:"events"`
	// EventsUnread is true where the caller may not read events.
	EventsUnread bool `json:"eventsUnread,omitempty"`

	spec v1alpha1.ClientCapabilitySpec
	ttl  declaredTimes
}

// Explain writes how one ClientCapability fares. Its error is ErrFault where something
// is to be mended.
func (s *Session) Explain(ctx context.Context, name string) error {
	f, err := s.gather(ctx, name)
	if err != nil {
		return err
	}
	e, err := s.explain(ctx, f)
	if err != nil {
		return err
	}
	if s.Format.forPrograms() {
		err = s.print(e)
	} else {
		err = s.write(s.explanation(e))
	}
	if err == nil && e.Fault {
		return ErrFault
	}
	return err
}

func (s *Session) explain(ctx context.Context, f *facts) (*Explanation, error) {
	c := f.capability
	e := &Explanation{ListItem: itemOf(c, s.Clock.Now()), Account: f.viewAccount(), spec: c.Spec, ttl: timesOf(c)}
	e.Decision = s.decide(f, e.Health)
	var err error
	if e.Secret, err = s.viewSecret(ctx, f); err != nil {
		return nil, err
	}
	about := advice.About(c)
	if e.Secret != nil && !e.Secret.Own {
		about.Holder = e.Secret.BelongsTo
	}
	if a, ok := advice.ForCapability(e.Reason, about); ok && len(a.Steps) > 0 {
		e.Advice = &a
	}
	events, readable, err := s.events(ctx, c, v1alpha1.Kind)
	if err != nil {
		return nil, err
	}
	e.Events, e.EventsUnread = append([]EventView{}, events...), !readable
	return e, nil
}
