package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// profileVariable is what a manager that was built with -tags pprof looks for; see cmd/manager/pprof.go.
	profileVariable = "PPROF_BIND_ADDRESS"
	profileAddress  = "127.0.0.1:6060"
)

// profileWindow has the manager profile itself for most of the window that begins now, where that was asked for.
func (s *stage) profileWindow(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	if s.profiles == "" {
		done <- nil
		return done
	}
	go func() { done <- s.profile(ctx) }()
	return done
}

func (s *stage) profile(ctx context.Context) error {
	seconds := int(s.window/time.Second) - 1
	for name, path := range map[string]string{
		"cpu.pprof":    fmt.Sprintf("profile?seconds=%d", seconds),
		"allocs.pprof": fmt.Sprintf("allocs?seconds=%d", seconds),
	} {
		content, err := get(ctx, "http://"+profileAddress+"/debug/pprof/"+path)
		if err != nil {
			return fmt.Errorf("profiling the manager, which must be built with -tags pprof: %w", err)
		}
		if err := os.WriteFile(filepath.Join(s.profiles, name), content, 0o600); err != nil {
			return fmt.Errorf("keeping a profile: %w", err)
		}
	}
	return nil
}
