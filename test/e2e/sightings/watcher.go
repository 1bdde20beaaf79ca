package sightings

import (
	"errors"
	"io/fs"
	"math"
	"path"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

const (
	// expiresAtFile lies beside the token.
	expiresAtFile = "expires-at"
	// dataLink is the link that a kubelet swaps to show all of a Secret at once.
	dataLink = "..data"
)

// Watcher judges one read after the other.
type Watcher struct {
	files fs.FS
	name  string

	last      string  // the token that was read last
	remaining float64 // what it had left then, in seconds
	state     string  // of the last read
	counts    Counts
}

// NewWatcher watches the file of that name.
func NewWatcher(files fs.FS, name string) *Watcher { return &Watcher{files: files, name: name} }

// Read reads the file once and returns what there is to say; nil for nothing new.
func (w *Watcher) Read(now time.Time) *Line {
	raw, err := w.read()
	w.counts.Reads++
	switch {
	case err != nil:
		w.counts.Missing++
		return w.turned(Missing, now, "")
	case raw == "":
		w.counts.Empty++
		return w.turned(Empty, now, "")
	}
	token, err := capability.Parse(raw)
	if err != nil {
		w.counts.Torn++
		return w.turned(Torn, now, err.Error())
	}
	if err := w.pairUp(); err != nil {
		w.counts.Torn++
		return w.turned(Torn, now, err.Error())
	}
	return w.judge(raw, token, now)
}

// Count is a line that says nothing but the counts.
func (w *Watcher) Count(now time.Time) *Line { return w.line(Counted, now) }

// read tries twice: between following the kubelet's link and opening the file,
// the folder that the link led to may be gone.
func (w *Watcher) read() (string, error) {
	raw, err := fs.ReadFile(w.files, w.name)
	if errors.Is(err, fs.ErrNotExist) {
		raw, err = fs.ReadFile(w.files, w.name)
	}
	return string(raw), err
}

// judge has something to say of a token that is new, and of one that expires
// while it is there.
func (w *Watcher) judge(raw string, token capability.Token, now time.Time) *Line {
	remaining := token.ExpiresAt.Sub(now).Seconds()
	state, isNew, former := Token, raw != w.last, w.remaining
	if remaining <= 0 {
		state = Expired
		w.counts.Expired++
	}
	if w.counts.Tokens == 0 || remaining < w.counts.LeastRemaining {
		w.counts.LeastRemaining = remaining
	}
	if isNew {
		w.counts.Tokens++
	}
	silent := !isNew && (state == Token || state == w.state)
	w.last, w.remaining, w.state = raw, remaining, state
	if silent {
		return nil
	}
	line := w.line(state, now)
	line.IssuedAt, line.ExpiresAt = token.IssuedAt, token.ExpiresAt
	line.Age, line.Remaining = tenths(now.Sub(token.IssuedAt).Seconds()), tenths(remaining)
	if isNew {
		line.Former = tenths(former)
	}
	return line
}

var errPair = errors.New("the token and expires-at beside it are not of one write")

// pairUp compares the token with the expiry beside it, both from the folder that
// the kubelet's link leads to now.
func (w *Watcher) pairUp() error {
	raw, text, ok := w.pair()
	if !ok {
		return nil
	}
	token, err := capability.Parse(raw)
	if err != nil {
		return err
	}
	expiresAt, err := time.Parse(time.RFC3339, strings.TrimSpace(text))
	if err != nil || !expiresAt.Equal(token.ExpiresAt) {
		return errPair
	}
	return nil
}

// pair is not ok where the files are no kubelet's, or were swapped meanwhile.
func (w *Watcher) pair() (token, expiry string, ok bool) {
	folder, err := fs.ReadLink(w.files, dataLink)
	if err != nil {
		return "", "", false
	}
	rawToken, errToken := fs.ReadFile(w.files, path.Join(folder, w.name))
	rawExpiry, errExpiry := fs.ReadFile(w.files, path.Join(folder, expiresAtFile))
	return string(rawToken), string(rawExpiry), errToken == nil && errExpiry == nil
}

// turned is a line where the state is another than at the last read.
func (w *Watcher) turned(state string, now time.Time, detail string) *Line {
	if w.state == state {
		return nil
	}
	w.state = state
	line := w.line(state, now)
	line.Detail = detail
	return line
}

func (w *Watcher) line(event string, now time.Time) *Line {
	counts := w.counts
	counts.LeastRemaining = tenths(counts.LeastRemaining)
	return &Line{Event: event, At: now.UTC().Truncate(time.Millisecond), Counts: counts}
}

func tenths(seconds float64) float64 { return math.Round(seconds*10) / 10 }
