package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// window is what a process did in a time in which it did nothing but renew.
type window struct {
	renewals float64
	expired  float64 // of the tokens that were renewed, because the machine is too slow for so many
	took     time.Duration
	cpu      time.Duration
}

func (w window) perSecond() float64 { return w.renewals / w.took.Seconds() }

func (w window) cpuEach() time.Duration { return time.Duration(float64(w.cpu) / w.renewals) }

// plus makes one window of two.
func (w window) plus(other window) window {
	return window{w.renewals + other.renewals, w.expired + other.expired, w.took + other.took, w.cpu + other.cpu}
}

// lost tells of tokens that expired, if any did.
func (w window) lost() string {
	if w.expired == 0 {
		return ""
	}
	return fmt.Sprintf("; %.0f expired, this machine is too slow for so many", w.expired)
}

func (w window) String() string {
	return fmt.Sprintf("%.0f renewals/s, %s of CPU each", w.perSecond(), w.cpuEach().Round(time.Microsecond))
}

// bareWindow runs a bare client as a process of its own.
func (s *stage) bareWindow(ctx context.Context) (window, error) {
	self, err := os.Executable()
	if err != nil {
		return window{}, fmt.Errorf("finding the bench's own path: %w", err)
	}
	account := &corev1.Secret{}
	if err := s.Admin.Get(ctx, types.NamespacedName{Namespace: tenant, Name: accountName}, account); err != nil {
		return window{}, fmt.Errorf("reading the account: %w", err)
	}
	return runBare(ctx, []string{authTokenVariable + "=" + string(account.Data[v1alpha1.DefaultAuthTokenKey])}, self,
		bareCommand, "--kubeconfig="+s.Kubeconfig, fmt.Sprintf("--workers=%d", s.workers),
		"--warm-up="+s.warmUp.String(), "--window="+s.window.String())
}

// runBare runs a bare client, which goes on until its input ends, and looks at it meanwhile.
func runBare(ctx context.Context, environment []string, path string, args ...string) (window, error) {
	read, written := io.Pipe()
	held, release, err := os.Pipe() // the kernel's: any other would be waited for after a client that ended early
	if err != nil {
		return window{}, fmt.Errorf("making a pipe: %w", err)
	}
	client, err := startProcess(ctx, environment, streams{input: held, output: written}, path, args...)
	if err := errors.Join(err, held.Close()); err != nil { // the client has its own copy
		return window{}, errors.Join(err, release.Close())
	}
	go func() {
		<-client.ended
		_ = written.Close() // it never fails
	}()
	defer context.AfterFunc(ctx, client.terminate)()
	w, err := observe(client, read)
	_ = read.Close() // it never fails; and a client whose output nobody takes could not end
	return w, errors.Join(err, release.Close(), client.finish())
}

// observe reads what the kernel says of a bare client when it begins to count, and when it tells what it counted.
func observe(client *process, output io.Reader) (window, error) {
	lines := bufio.NewReader(output)
	if line, err := lines.ReadString('\n'); err != nil || line != measuring+"\n" {
		return window{}, fmt.Errorf("waiting for the bare client to measure, it said %q (%w)", line, err)
	}
	before, err := client.usage()
	if err != nil {
		return window{}, err
	}
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return window{}, fmt.Errorf("waiting for the bare client's result: %w", err)
	}
	after, err := client.usage()
	if err != nil {
		return window{}, err
	}
	var result bareResult
	if err := json.Unmarshal(line, &result); err != nil {
		return window{}, fmt.Errorf("reading the bare client's result: %w", err)
	}
	return window{renewals: float64(result.Renewals), took: result.Took, cpu: after.cpu - before.cpu}, nil
}

// managerWindow watches a manager that has been at work for a while.
func (s *stage) managerWindow(ctx context.Context, m *manager) (window, error) {
	before, err := m.reading(ctx)
	if err != nil {
		return window{}, err
	}
	profiled := s.profileWindow(ctx)
	if err := waitFor(ctx, s.window); err != nil {
		return window{}, err
	}
	after, err := m.reading(ctx)
	if err != nil {
		return window{}, err
	}
	done := after.counts.since(before.counts)
	return window{
		renewals: done.sum(minted), expired: done[expired], took: after.at.Sub(before.at), cpu: after.usage.cpu - before.usage.cpu,
	}, <-profiled
}

// reading is what a manager has done and used so far.
type reading struct {
	at     time.Time
	counts counts
	usage  usage
}

func (m *manager) reading(ctx context.Context) (r reading, err error) {
	if r.counts, err = m.counts(ctx); err != nil {
		return r, err
	}
	r.at = time.Now()
	r.usage, err = m.usage()
	return r, err
}
