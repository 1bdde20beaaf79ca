// Command consumer does what an application does with a mounted token: it reads
// the file again and again, and never keeps it. It logs what it sees, a line of
// JSON each time that this changes; a line never holds the token.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/capability-operator/capability-operator/test/e2e/sightings"
)

func main() {
	file := flag.String("file", "/var/run/twilio/token", "The token's file in the mounted Secret.")
	every := flag.Duration("every", 200*time.Millisecond, "How often it is read.")
	count := flag.Duration("count", 10*time.Second, "How often the counts are logged where nothing else is.")
	flag.Parse()
	watcher := sightings.NewWatcher(os.DirFS(filepath.Dir(*file)), filepath.Base(*file))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := watch(ctx, watcher, *every, *count, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// watch reads until ctx ends, and then logs the counts a last time.
func watch(ctx context.Context, watcher *sightings.Watcher, every, count time.Duration, log io.Writer) error {
	reads, counts := time.NewTicker(every), time.NewTicker(count)
	defer reads.Stop()
	defer counts.Stop()
	for {
		var line *sightings.Line
		select {
		case <-ctx.Done():
			return say(log, watcher.Count(time.Now()))
		case <-counts.C:
			line = watcher.Count(time.Now())
		case <-reads.C:
			line = watcher.Read(time.Now())
		}
		if err := say(log, line); err != nil {
			return err
		}
	}
}

func say(log io.Writer, line *sightings.Line) error {
	if line == nil {
		return nil
	}
	if err := json.NewEncoder(log).Encode(line); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	return nil
}
