package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

// FieldOwner is the field manager under which a renewal is requested.
const FieldOwner = "kubectl-capability"

// RenewOptions say of which ClientCapabilities a renewal is asked.
type RenewOptions struct {
	// Names are those of the namespace that the caller is in; without them, all that the
	// selector selects.
	Names    []string
	Selector labels.Selector
	// Wait waits, at most for Timeout, until each has a new token.
	Wait    bool
	Timeout time.Duration
}

// Renew asks for new tokens by the annotation. Its error is ErrFault where one can't
// be renewed as it is, ErrTimeout where one was not renewed in time.
func (s *Session) Renew(ctx context.Context, o RenewOptions) error {
	chosen, err := s.chosen(ctx, o)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		s.nothingFound("ClientCapabilities")
		return nil
	}
	asked := s.Clock.Now().UTC().Truncate(time.Second) // status repeats whole seconds
	requested, failed := s.request(ctx, chosen, asked)
	if o.Wait && len(requested) > 0 {
		failed = errors.Join(failed, s.await(ctx, requested, asked, o.Timeout))
	}
	return worst(failed)
}

// worst is what a call comes to that was about several objects: an error of a call
// before a fault, and a fault before a timeout.
func worst(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errReported):
		return errReported
	case errors.Is(err, ErrFault):
		return ErrFault
	}
	return err
}

// errReported is a call that failed and was told of where it did.
var errReported = errors.New("not all could be asked for")

func (s *Session) chosen(ctx context.Context, o RenewOptions) ([]v1alpha1.ClientCapability, error) {
	if len(o.Names) == 0 {
		return s.capabilities(ctx, client.MatchingLabelsSelector{Selector: o.Selector})
	}
	var chosen []v1alpha1.ClientCapability
	for _, name := range o.Names {
		c, err := s.capability(ctx, name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, *c)
	}
	return chosen, nil
}

// atOnce is how many are asked for at a time.
const atOnce = 8

// request annotates each, and returns those that an answer is to be expected of.
func (s *Session) request(ctx context.Context, chosen []v1alpha1.ClientCapability, at time.Time) (requested []v1alpha1.ClientCapability, failed error) {
	var mu sync.Mutex
	var group sync.WaitGroup
	places := make(chan struct{}, atOnce)
	outcomes := make([]error, len(chosen))
	for i := range chosen {
		c := &chosen[i]
		if why := unrenewable(c); why != "" {
			s.tell(&mu, c, "not requested: "+why)
			outcomes[i] = ErrFault
			continue
		}
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			if err := s.annotate(ctx, c, at); err != nil {
				s.tell(&mu, c, "not requested: "+explained(err, "patch", c.Namespace, c.Name).Error())
				outcomes[i] = errReported
				return
			}
			s.tell(&mu, c, "renewal requested")
		})
	}
	group.Wait()
	for i := range chosen {
		if outcomes[i] == nil {
			requested = append(requested, chosen[i])
		}
	}
	return requested, errors.Join(outcomes...)
}

// unrenewable says why there is nothing to be renewed whoever asks.
func unrenewable(c *v1alpha1.ClientCapability) string {
	switch {
	case c.IsOnDemand():
		return "its tokens are made on demand, each anew (kubectl capability token " + c.Name + " -n " + c.Namespace + ")"
	case c.Spec.Suspend:
		return "it is suspended; set spec.suspend to false first"
	}
	return ""
}

func (s *Session) annotate(ctx context.Context, c *v1alpha1.ClientCapability, at time.Time) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"annotations": map[string]string{v1alpha1.RenewRequestedAtAnnotation: at.Format(time.RFC3339)},
	}})
	if err != nil {
		return fmt.Errorf("encoding the request: %w", err)
	}
	target := &v1alpha1.ClientCapability{}
	target.Namespace, target.Name = c.Namespace, c.Name
	return s.API.Patch(ctx, target, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(FieldOwner))
}

// tell writes one line of progress about one object.
func (s *Session) tell(mu *sync.Mutex, c *v1alpha1.ClientCapability, what string) {
	mu.Lock()
	defer mu.Unlock()
	fmt.Fprintf(s.Out, "%s: %s\n", s.called(c), terminal.Printable(what))
}

// called is what an object is called where others are told of beside it.
func (s *Session) called(c *v1alpha1.ClientCapability) string {
	if s.Namespace == "" {
		return c.Namespace + "/" + c.Name
	}
	return c.Name
}
