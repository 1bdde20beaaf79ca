//go:build faults

package faults_test

import (
	"io"
	"sync"
	"time"
)

// tap is what all watches of a proxy flow through: it can be shut, and it can be long.
type tap struct {
	mu     sync.Mutex
	open   chan struct{} // closed while what arrives may flow
	delay  time.Duration
	closed chan struct{}
	end    sync.Once
}

func newTap() *tap {
	open := make(chan struct{})
	close(open)
	return &tap{open: open, closed: make(chan struct{})}
}

// freeze holds back all that watches bring, in order and without breaking them, until thaw is called.
func (t *tap) freeze() (thaw func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	shut := make(chan struct{})
	t.open = shut
	return sync.OnceFunc(func() { close(shut) })
}

// lag has all that watches bring arrive later from now on.
func (t *tap) lag(by time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delay = by
}

// close lets nothing wait any longer.
func (t *tap) close() { t.end.Do(func() { close(t.closed) }) }

func (t *tap) through(body io.ReadCloser) io.ReadCloser {
	f := &flow{tap: t, body: body, parts: make(chan part, 1024), over: make(chan struct{})}
	go f.fill()
	return f
}

// part is what one read of the watch brought, and when it may go on.
type part struct {
	data []byte
	err  error
	due  time.Time
}

// flow is one watch on its way through the tap.
type flow struct {
	tap   *tap
	body  io.ReadCloser
	parts chan part
	rest  []byte
	over  chan struct{}
	end   sync.Once
}

func (f *flow) fill() {
	for {
		buffer := make([]byte, 32<<10)
		n, err := f.body.Read(buffer)
		f.tap.mu.Lock()
		due := time.Now().Add(f.tap.delay)
		f.tap.mu.Unlock()
		select {
		case f.parts <- part{data: buffer[:n], err: err, due: due}:
		case <-f.over:
			return
		}
		if err != nil {
			return
		}
	}
}

func (f *flow) Read(into []byte) (int, error) {
	for len(f.rest) == 0 {
		var p part
		select {
		case p = <-f.parts:
		case <-f.over:
			return 0, io.ErrClosedPipe
		}
		if !f.await(p) {
			return 0, io.ErrClosedPipe
		}
		if len(p.data) == 0 && p.err != nil {
			return 0, p.err
		}
		f.rest = p.data
		if p.err != nil { // told by the next read
			f.parts <- part{err: p.err, due: p.due}
		}
	}
	n := copy(into, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// await returns true when the part may go on, or false when the watch ended first.
func (f *flow) await(p part) bool {
	due := make(chan struct{})
	timer := time.AfterFunc(time.Until(p.due), func() { close(due) })
	defer timer.Stop()
	f.tap.mu.Lock()
	open := f.tap.open
	f.tap.mu.Unlock()
	for _, gate := range []chan struct{}{open, due} {
		select {
		case <-gate:
		case <-f.tap.closed:
		case <-f.over:
			return false
		}
	}
	return true
}

func (f *flow) Close() error {
	f.end.Do(func() { close(f.over) })
	return f.body.Close()
}
