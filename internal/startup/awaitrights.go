package startup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
)

const (
	// patience is how long namespaces are waited for that the program could do
	// without: as a rule their Roles are applied together with it.
	patience = 5 * time.Second
	// askAgainEvery is the time between two looks at namespaces that are left out, and
	// sayAgainEvery between two lines about them.
	askAgainEvery = 10 * time.Second
	sayAgainEvery = 10 * time.Minute
)

// Rights are what this process may read of a Scope.
type Rights struct {
	// Namespaces are those of the Scope in which it may read all that it needs; none
	// for all there are.
	Namespaces []string
	// LeftOut are the others.
	LeftOut []string

	client metadata.Interface
	scope  Scope
	left   []refused
}

// AwaitRights waits until this process may read all that its caches are to hold.
// It returns nil where ctx ended first. A cache that may not read would end the
// process after minutes, with a word on a timeout and none on the right that is
// missing. Where the Scope permits to leave out namespaces, one that can be read
// is enough.
func AwaitRights(ctx context.Context, config *rest.Config, probeAddress string, s Scope) (*Rights, error) {
	client, err := metadata.NewForConfig(config) // the names are enough, and no Secret's content is asked for
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return awaitRights(ctx, client, probeAddress, s)
}

func awaitRights(ctx context.Context, client metadata.Interface, probeAddress string, s Scope) (*Rights, error) {
	r := &Rights{client: client, scope: s}
	all := s.readings()
	var since time.Time // when there was enough to begin with
	came, err := Await(ctx, probeAddress, Waiting{
		Ask: func(ctx context.Context) error {
			r.judge(tryReading(ctx, client, all, s))
			all = readings(r.left)
			if !r.suffice() {
				since = time.Time{}
				return r.missing()
			}
			if since.IsZero() {
				since = time.Now()
			}
			if time.Since(since) < patience {
				return r.missing()
			}
			return nil
		},
		Say:   func(err error) { ctrl.Log.Error(err, "The operator can't read what it needs; trying again") },
		Over:  "The operator can read what it needs to begin",
		Ready: errNoRights,
	})
	if err != nil || !came {
		return nil, err
	}
	if len(r.LeftOut) > 0 {
		r.say()
	}
	return r, nil
}

var errNoRights = errors.New("the operator can't read what it needs; its log says what that is")

// AwaitMore waits until this process may read in one more of the namespaces that
// are left out, and returns what it may read then. It returns nil where ctx ended
// first.
func (r *Rights) AwaitMore(ctx context.Context) *Rights {
	if len(r.LeftOut) == 0 {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(askAgainEvery)
	defer ticker.Stop()
	more := *r
	for said := time.Now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		more.again(ctx)
		if more.gained(r) {
			// The others have been read long ago, and who begins anew needs them too.
			more.judge(tryReading(ctx, r.client, r.scope.readings(), r.scope))
			if more.gained(r) && (len(more.left) == 0 || more.suffice()) {
				break
			}
		}
		if time.Since(said) >= sayAgainEvery {
			more.say()
			said = time.Now()
		}
	}
	ctrl.Log.Info("The operator may read more namespaces and begins anew, with them", "namespaces", more.Namespaces)
	if len(more.LeftOut) > 0 {
		more.say()
	}
	return &more
}

// Withdrawn returns an error where this process may read no longer what it could.
// What fails otherwise is no such error.
func (r *Rights) Withdrawn(ctx context.Context) error {
	for _, of := range tryReading(ctx, r.client, r.scope.readings(), r.scope) {
		if errors.Is(of.err, errForbidden) && !slices.Contains(r.LeftOut, of.namespace) {
			return of.err
		}
	}
	return nil
}

// again tries what could not be read. Where that fails in another way now, as with
// an API server that is away, the refusal is still the reason.
func (r *Rights) again(ctx context.Context) {
	left := tryReading(ctx, r.client, readings(r.left), r.scope)
	for i, of := range left {
		former := slices.IndexFunc(r.left, func(former refused) bool { return former.reading == of.reading })
		if !errors.Is(of.err, errForbidden) {
			left[i] = r.left[former]
		}
	}
	r.judge(left)
}

// gained reports whether a namespace can be read that could not.
func (r *Rights) gained(before *Rights) bool {
	return slices.ContainsFunc(r.Namespaces, func(namespace string) bool { return slices.Contains(before.LeftOut, namespace) })
}

// say tells what is left out, and why.
func (r *Rights) say() {
	ctrl.Log.Error(r.missing(), "The operator works without namespaces that it may not read; it takes them up once it may", "namespaces", r.LeftOut)
}

// judge takes down what could not be read.
func (r *Rights) judge(left []refused) {
	r.left, r.Namespaces, r.LeftOut = left, nil, nil
	for _, namespace := range r.scope.Namespaces {
		if slices.ContainsFunc(left, func(of refused) bool { return of.namespace == namespace }) {
			r.LeftOut = append(r.LeftOut, namespace)
		} else {
			r.Namespaces = append(r.Namespaces, namespace)
		}
	}
}

// suffice reports whether nothing is missing but the right to read some of the
// namespaces, of which the program may leave out those. What fails otherwise, such
// as an API server that is away, says nothing of rights.
func (r *Rights) suffice() bool {
	dispensable := func(of refused) bool { return of.namespace != "" && errors.Is(of.err, errForbidden) }
	return r.scope.LeaveOut && len(r.Namespaces) > 0 && !slices.ContainsFunc(r.left, func(of refused) bool { return !dispensable(of) })
}

// missing is why what is left can't be read, and nil where nothing is left.
func (r *Rights) missing() error {
	var errs []error
	for _, of := range r.left {
		errs = append(errs, of.err)
	}
	return errors.Join(errs...)
}

func readings(of []refused) (all []reading) {
	for _, r := range of {
		all = append(all, r.reading)
	}
	return all
}
