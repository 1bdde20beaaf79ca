package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// guardScript waits for the end of its input, then kills what still runs and removes the folder. The other end of its
// input is held by the process that started the control plane, and the kernel closes it whatever ends that process:
// a panic, a test's timeout, kill -9.
const guardScript = `
cat >/dev/null
for file in "$1"/*.pid; do
  [ -f "$file" ] && kill -KILL "$(cat "$file")"
done
rm -rf "$1"
`

// guard is a child process that outlives its parent just long enough to clean up after it.
type guard struct {
	dir   string
	child *exec.Cmd
	held  io.Closer
}

func startGuard(ctx context.Context, dir string) (*guard, error) {
	child := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", guardScript, "guard", dir)
	child.SysProcAttr = ownProcessGroup()
	held, err := child.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("making the guard's pipe: %w", err)
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("starting the guard of the control plane: %w", err)
	}
	return &guard{dir: dir, child: child, held: held}, nil
}

// forget makes the guard ignore a program that was stopped in order: its process id may be another's by now.
func (g *guard) forget(program string) error {
	if err := os.Remove(pidFile(g.dir, program)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forgetting %s: %w", program, err)
	}
	return nil
}

// release lets the guard do its work now.
func (g *guard) release() error {
	if err := g.held.Close(); err != nil {
		return fmt.Errorf("releasing the guard: %w", err)
	}
	if err := g.child.Wait(); err != nil {
		return fmt.Errorf("waiting for the guard: %w", err)
	}
	return nil
}

func pidFile(dir, program string) string { return filepath.Join(dir, program+".pid") }

// ownProcessGroup keeps a terminal's Ctrl-C away from a child: the parent stops it, in the right order.
func ownProcessGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
