package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// profileFor is how long the token server is profiled for each kind of request.
const profileFor = 5 * time.Second

// profileEach has the token server profile itself under each kind of request, where that was asked for.
func (s *stage) profileEach(ctx context.Context, lines []*line) error {
	if s.profiles == "" {
		return nil
	}
	for i, l := range lines {
		done := make(chan error, 1)
		path := filepath.Join(s.profiles, strconv.Itoa(i)+"-"+name(l)+".pprof")
		s.say("profiling into %s", path)
		go func() { done <- profile(ctx, path) }()
		if _, err := l.way.window(ctx, l.kind, profileFor); err != nil {
			return err
		}
		if err := <-done; err != nil {
			return err
		}
	}
	return nil
}

// name is what a file can be called.
func name(l *line) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return '-'
		}
		return r
	}, l.way.name+" "+l.kind.what), "-")
}

func profile(ctx context.Context, into string) error {
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", profileAddress, int(profileFor.Seconds()))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("profiling the token server, which must be built with -tags pprof: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("reading a profile: %w", err)
	}
	return os.WriteFile(into, content, 0o600)
}
