package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// heedSignals has the first signal end the demo in order and the second end it at once.
func heedSignals(cancel context.CancelFunc, forced *lastResort) {
	// With a handler a broken pipe is an error of the write, and the demo still stops what it started.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	// In the background, reading what the user types is then an error instead of a halt.
	signal.Ignore(syscall.SIGTTIN)

	received := make(chan os.Signal, 2)
	signal.Notify(received, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-received
		cancel()
		<-received
		forced.run()
		os.Exit(exitInterrupted)
	}()
}

// lastResort is what must be done even where nothing is waited for. The control plane has a guard of its own, which
// ends it and removes its folder as soon as the demo is gone.
type lastResort struct {
	mu    sync.Mutex
	steps []func()
}

func (r *lastResort) do(step func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, step)
}

// run takes the steps in the opposite order.
func (r *lastResort) run() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.steps) - 1; i >= 0; i-- {
		r.steps[i]()
	}
}
