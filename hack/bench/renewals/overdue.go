package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

const (
	// overdueWait is how long after its issue each token is due: time enough to make all of them first.
	overdueWait = 3 * time.Minute
	// urgent is how much of its life an object has left that the operator renews before everything else.
	urgent = 30 * time.Second
	// apart is by how much two expiries differ whose order matters.
	apart = 30 * time.Second
)

// overdueLife gives the last tenth of the objects 20 to 80 seconds after they are due, and the others three minutes and
// more. Who took them as they come, by name or by age, would come to the urgent ones last.
func overdueLife(i, objects int) life {
	left := 3*time.Minute + time.Duration(i%97)*5*time.Second
	if i >= objects*9/10 {
		left = 20*time.Second + time.Duration(i%60)*time.Second
	}
	return life{ttl: (overdueWait + left).String(), renewBefore: left.String()}
}

// overdue starts the manager with everything due and some of it about to expire, as after a long outage.
func overdue(ctx context.Context, s *stage, t *table) error {
	m, err := s.runManager(ctx)
	if err != nil {
		return err
	}
	making := time.Minute * time.Duration(s.restarted) / 10000
	if err := s.declare(ctx, 0, s.restarted, making, func(i int) life { return overdueLife(i, s.restarted) }); err != nil {
		return err
	}
	made := func(c counts) bool { return c.sum(minted) >= float64(s.restarted) }
	if err := m.await(ctx, overdueWait, "the first tokens", made); err != nil {
		return err
	}
	allMade := time.Now()
	if err := m.stop(); err != nil {
		return err
	}
	if err := waitUntil(ctx, allMade.Add(overdueWait)); err != nil {
		return err
	}
	return s.catchUp(ctx, t)
}

func (s *stage) catchUp(ctx context.Context, t *table) error {
	before, err := s.held(ctx)
	if err != nil {
		return err
	}
	for name, token := range before {
		if early := time.Until(s.planned(name, token)); early > 0 {
			return fmt.Errorf("something is due only in %s: the machine is too slow for so many objects", early)
		}
	}
	watched, err := s.watchTokens(ctx)
	if err != nil {
		return err
	}
	m, err := s.startManager(ctx)
	if err != nil {
		return err
	}
	all := func(context.Context) (bool, error) {
		first, err := watched.firstOf()
		return len(first) >= len(before), errors.Join(err, m.alive())
	}
	if err := wait.PollUntilContextTimeout(ctx, 4*pollEvery, 10*time.Minute, true, all); err != nil {
		return fmt.Errorf("waiting until everything is renewed: %w", err)
	}
	if err := m.stop(); err != nil {
		return err
	}
	seen, err := watched.end()
	if err != nil {
		return err
	}
	ceiling, err := s.bareWindow(ctx)
	if err != nil {
		return err
	}
	t.add(judgeOrder(before, seen, m.started).rows(ceiling)...)
	return nil
}

// held is the token in each Secret.
func (s *stage) held(ctx context.Context) (map[string]capability.Token, error) {
	_, secrets, err := listAll(ctx, s.Admin)
	if err != nil {
		return nil, err
	}
	tokens := map[string]capability.Token{}
	for i := range secrets.Items {
		token, err := capability.Parse(string(secrets.Items[i].Data[v1alpha1.DefaultTokenKey]))
		if err != nil {
			return nil, fmt.Errorf("reading a token: %w", err)
		}
		tokens[secrets.Items[i].Name] = token
	}
	return tokens, nil
}
