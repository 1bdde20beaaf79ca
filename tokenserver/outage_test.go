package tokenserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// told are the lines of the log about outages, without those about requests.
func (w *world) told(t *testing.T) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(w.log.String()) {
		said := map[string]any{}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		if message, _ := said["msg"].(string); strings.HasPrefix(message, "The API server can") {
			lines = append(lines, said)
		}
	}
	return lines
}

func TestAnOutageIsToldOfOnceAMinuteAndWhenItIsOver(t *testing.T) {
	away := errors.New("away")
	for name, test := range map[string]struct {
		fail func(*world, error)
		end  func(*world)
		what string
	}{
		"who calls":            {func(w *world, err error) { w.fail = err }, func(w *world) { w.server.noCallers.over() }, "who calls"},
		"what callers may do":  {func(w *world, err error) { w.failRights = err }, func(w *world) { w.server.noRights.over() }, "what callers may do"},
		"both, one by one too": {func(w *world, err error) { w.fail, w.failRights = err, err }, func(w *world) { w.server.noCallers.over() }, "who calls"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tommy(), account())
			test.fail(w, away)
			for range 150 { // seconds
				mustWait(t, w.ask(t, http.MethodPost, path, `{}`), http.StatusServiceUnavailable)
				w.clock.SetTime(w.clock.Now().Add(time.Second))
			}
			test.fail(w, nil)
			grantOf(t, w.ask(t, http.MethodPost, path, `{}`)) // as if by what is remembered: that is no answer
			want := []map[string]any{
				{"level": "ERROR", "msg": "The API server can't be asked " + test.what, "err": "away", "requests": 1.0, "seconds": 0.0},
				{"level": "ERROR", "requests": 61.0, "seconds": 60.0},
				{"level": "ERROR", "requests": 121.0, "seconds": 120.0},
			}
			mustTell(t, w.told(t), want)
			test.end(w)
			test.end(w)
			mustTell(t, w.told(t), append(want, map[string]any{
				"level": "INFO", "msg": "The API server can be asked again " + test.what, "requests": 150.0, "seconds": 150.0,
			}))
		})
	}
}

func mustTell(t *testing.T, told, want []map[string]any) {
	t.Helper()
	if len(told) != len(want) {
		t.Fatalf("%d lines tell of it, and not %d: %v", len(told), len(want), told)
	}
	for i := range want {
		for key, value := range want[i] {
			if told[i][key] != value {
				t.Errorf("line %d: %s is %v, not %v", i+1, key, told[i][key], value)
			}
		}
	}
}

func TestManyShortOutagesFillNoLogAndAreAllCounted(t *testing.T) {
	w := newWorld(t)
	for range 600 {
		w.server.noRights.affects(errors.New("away"))
		w.server.noRights.over()
		w.clock.SetTime(w.clock.Now().Add(100 * time.Millisecond))
	}
	w.server.noRights.affects(errors.New("away"))
	mustTell(t, w.told(t), []map[string]any{
		{"level": "ERROR", "requests": 1.0}, {"level": "INFO", "requests": 1.0}, {"level": "ERROR", "requests": 600.0},
	})
}

func TestWhoHasGoneIsNoOutage(t *testing.T) {
	w := newWorld(t, tommy(), account())
	gone, leave := context.WithCancel(t.Context())
	leave()
	w.failRights = context.Canceled
	w.ask(t, http.MethodPost, path, `{}`, func(req *http.Request) { *req = *req.WithContext(gone) })
	mustTell(t, w.told(t), nil)
}
