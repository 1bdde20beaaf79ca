package main

import (
	"context"
	"errors"
	"syscall"
	"time"
)

// errNoRoles can't be after a recovery, unless a finding said so already.
var errNoRoles = errors.New("there are no leader and standby to choose from")

// hitLeader ends the leader and waits until another process leads.
func (b *breaker) hitLeader(name string, with syscall.Signal) fault {
	return fault{name, func(ctx context.Context) error {
		leader, _ := b.roles(ctx)
		if leader == nil {
			return errNoRoles
		}
		leader.excuse(name)
		return b.follow(ctx, leader, leader.signal(with))
	}}
}

// freezeLeader wakes the leader up when another leads, and waits until it has ended as it must.
func (b *breaker) freezeLeader() fault {
	return fault{frozenLeader, func(ctx context.Context) error {
		leader, _ := b.roles(ctx)
		if leader == nil {
			return errNoRoles
		}
		frozen := leader.signal(syscall.SIGSTOP)
		err := b.follow(ctx, leader, frozen)
		if err == nil {
			err = pause(ctx, time.Duration(b.random.Int64N(int64(freezes))))
		}
		b.wake(leader)
		if err != nil {
			return err
		}
		begun := time.Now()
		for leader.present() == frozen {
			if time.Since(begun) > followsWithin {
				b.findings.note("manager %s goes on though it lost its lease %s ago", leader.name, followsWithin)
				return nil
			}
			if err := pause(ctx, judgeEvery); err != nil {
				return err
			}
		}
		return nil
	}}
}

func (b *breaker) wake(m *manager) {
	m.excuse(frozenLeader)
	m.signal(syscall.SIGCONT)
}

// follow waits until another process leads than the one that did.
func (b *breaker) follow(ctx context.Context, before *manager, process int) error {
	begun := time.Now()
	for {
		for _, m := range b.managers {
			if s, ok := m.look(ctx); ok && s.leads && (m != before || s.process != process) {
				b.mu.Lock()
				b.failovers = append(b.failovers, time.Since(begun))
				b.mu.Unlock()
				return nil
			}
		}
		if time.Since(begun) > recoversWithin {
			b.findings.note("nobody follows the leader, %s after it went", recoversWithin)
			return nil
		}
		if err := pause(ctx, judgeEvery); err != nil {
			return err
		}
	}
}

func (b *breaker) hitStandby(name string, with syscall.Signal) fault {
	return fault{name, func(ctx context.Context) error {
		_, standby := b.roles(ctx)
		if standby == nil {
			return errNoRoles
		}
		standby.excuse(name)
		standby.signal(with)
		return nil
	}}
}

func (b *breaker) freezeStandby() fault {
	return fault{frozenStandby, func(ctx context.Context) error {
		_, standby := b.roles(ctx)
		if standby == nil {
			return errNoRoles
		}
		standby.signal(syscall.SIGSTOP)
		err := pause(ctx, freezes)
		standby.signal(syscall.SIGCONT)
		return err
	}}
}
