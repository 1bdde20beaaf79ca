package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/capability-operator/capability-operator/internal/children"
)

const (
	// endsWithin is how long a child may take to end in order.
	endsWithin = 15 * time.Second
	// clockTick is the unit of /proc/PID/stat, the same on every Linux that Go runs on.
	clockTick = 10 * time.Millisecond
	// keptOutput is how much of what a child printed last an error quotes.
	keptOutput = 4 << 10
)

// The kernel takes the thread that started a child for its parent. The main goroutine starts the children, so it stays
// on the main thread, which lives as long as the program.
func init() { runtime.LockOSThread() }

// process is a child whose cost is measured from outside.
type process struct {
	child  *exec.Cmd
	output *tail
	ended  chan struct{} // closed when it is no more
	err    error         // how it ended; read it only after ended is closed
}

// streams are what a child reads and, where somebody wants it, writes.
type streams struct {
	input  io.Reader
	output io.Writer
}

// startProcess starts a child that ends with this program at the latest.
func startProcess(ctx context.Context, environment []string, streams streams, path string, args ...string) (*process, error) {
	p := &process{output: &tail{}, ended: make(chan struct{})}
	// What ends the bench must not kill a child that is to end in order.
	p.child = exec.CommandContext(context.WithoutCancel(ctx), path, args...)
	p.child.Env = append(os.Environ(), environment...)
	p.child.Stdin, p.child.Stdout, p.child.Stderr = streams.input, p.output, p.output
	if streams.output != nil {
		p.child.Stdout = streams.output
	}
	p.child.SysProcAttr = children.Attributes()
	if err := p.child.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	go func() {
		p.err = p.child.Wait()
		close(p.ended)
	}()
	return p, nil
}

// stop ends the process in order, and by force where that takes too long.
func (p *process) stop() error {
	p.terminate()
	return p.finish()
}

// terminate asks the process to end.
func (p *process) terminate() {
	if !p.over() {
		_ = p.child.Process.Signal(syscall.SIGTERM) // it fails only where the process is gone
	}
}

// finish waits for the end of a process that is about to end.
func (p *process) finish() error {
	select {
	case <-p.ended:
	case <-time.After(endsWithin):
		_ = p.child.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s did not end within %s and was killed: %s", p.child.Path, endsWithin, p.output)
	}
	if p.err != nil {
		return fmt.Errorf("%s ended with: %w: %s", p.child.Path, p.err, p.output)
	}
	return nil
}

func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// alive is nil while the process runs.
func (p *process) alive() error {
	if !p.over() {
		return nil
	}
	if p.err == nil {
		return fmt.Errorf("%s has ended before its time: %s", p.child.Path, p.output)
	}
	return fmt.Errorf("%s has ended before its time: %w: %s", p.child.Path, p.err, p.output)
}

// usage is what the kernel says of a process.
type usage struct {
	cpu      time.Duration // user and system, of all threads so far
	resident int64         // bytes now
	peak     int64         // bytes at most so far
}

func (p *process) usage() (usage, error) {
	folder := fmt.Sprintf("/proc/%d/", p.child.Process.Pid)
	stat, err := os.ReadFile(folder + "stat")
	if err != nil {
		return usage{}, fmt.Errorf("reading a process's time: %w", errors.Join(err, p.alive()))
	}
	status, err := os.ReadFile(folder + "status")
	if err != nil {
		return usage{}, fmt.Errorf("reading a process's memory: %w", errors.Join(err, p.alive()))
	}
	return readUsage(string(stat), string(status))
}

func readUsage(stat, status string) (usage, error) {
	var u usage
	// The name, in brackets, may hold anything; behind it the 12th and the 13th field are the user's and the system's time.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return u, fmt.Errorf("%q is no line of /proc/PID/stat", stat)
	}
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return u, fmt.Errorf("reading a time in /proc/PID/stat: %w", err)
		}
		u.cpu += time.Duration(ticks) * clockTick
	}
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &u.resident, "VmHWM": &u.peak}[name]
		if into == nil {
			continue
		}
		if _, err := fmt.Sscanf(value, "%d kB", into); err != nil {
			return u, fmt.Errorf("reading %s in /proc/PID/status: %w", name, err)
		}
		*into <<= 10
	}
	if u.resident == 0 {
		return u, errors.New("/proc/PID/status tells of no memory: the process has ended")
	}
	return u, nil
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(printed []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, printed...)
	if excess := len(t.kept) - keptOutput; excess > 0 {
		t.kept = append(t.kept[:0], t.kept[excess:]...)
	}
	return len(printed), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == 0 {
		return "it printed nothing"
	}
	return "the last that it printed:\n" + string(bytes.TrimSpace(t.kept))
}
