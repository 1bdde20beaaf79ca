package sightings_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/test/e2e/sightings"
)

var start = time.Date(2026, time.January, 2, 15, 4, 5, 0, time.UTC)

func TestANewTokenIsSaidOnceWithWhatItHasLeft(t *testing.T) {
	volume := newVolume(t)
	volume.swap(token(t, start))
	said(t, volume, start.Add(20*time.Second), sightings.Token)
	said(t, volume, start.Add(21*time.Second), "")
	volume.swap(token(t, start.Add(4*time.Minute)))
	line := said(t, volume, start.Add(5*time.Minute), sightings.Token)
	if line.Age != 60 || line.Remaining != 300 || line.Former != 339 {
		t.Errorf("the second token is said to be %g s old, with %g s left, when the former had %g s", line.Age, line.Remaining, line.Former)
	}
	if got := line.Counts; got.Reads != 3 || got.Tokens != 2 || got.Bad() != 0 || got.LeastRemaining != 300 {
		t.Errorf("the counts are %+v", got)
	}
}

func TestEachReadThatAnApplicationCannotUseIsCountedAndEachTurnSaid(t *testing.T) {
	volume := newVolume(t)
	volume.swap(token(t, start))
	said(t, volume, start, sightings.Token)
	said(t, volume, start.Add(6*time.Minute), sightings.Expired)
	said(t, volume, start.Add(6*time.Minute+time.Second), "")
	volume.swap("", "")
	said(t, volume, start, sightings.Empty)
	text, expiry := token(t, start)
	volume.swap(text[:len(text)-10], expiry)
	said(t, volume, start, sightings.Torn)
	volume.swap(text, start.Format(time.RFC3339))
	said(t, volume, start, "") // still torn
	volume.remove()
	said(t, volume, start, sightings.Missing)
	volume.swap(text, expiry)
	said(t, volume, start, "") // the token that it had seen
	if got := volume.watcher.Count(start).Counts; got.Reads != 8 || got.Tokens != 1 || got.Expired != 2 || got.Empty != 1 || got.Torn != 2 ||
		got.Missing != 1 || got.LeastRemaining != -1 {
		t.Errorf("the counts are %+v", got)
	}
}

func TestNoLineHoldsAnyOfAToken(t *testing.T) {
	volume := newVolume(t)
	text, expiry := token(t, start)
	for _, content := range []string{text, text[:len(text)-1], strings.ToUpper(text), strings.Replace(text, ".", "", 1)} {
		volume.swap(content, expiry)
		line := volume.watcher.Read(start)
		if line == nil {
			continue
		}
		printed, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		for segment := range strings.SplitSeq(strings.ToLower(text), ".") {
			if strings.Contains(strings.ToLower(string(printed)), segment[:12]) {
				t.Errorf("a line holds the beginning of a segment: %s", printed)
			}
		}
	}
}

func said(t *testing.T, volume *volume, now time.Time, want string) *sightings.Line {
	t.Helper()
	line := volume.watcher.Read(now)
	var got string
	if line != nil {
		got = line.Event
	}
	if got != want {
		t.Fatalf("said is %q and not %q", got, want)
	}
	return line
}

func token(t *testing.T, issuedAt time.Time) (text, expiry string) {
	t.Helper()
	expiresAt := issuedAt.Add(6 * time.Minute)
	text, err := capability.Mint(capability.Token{
		AccountSID: "AC0123456789abcdef0123456789abcdef",
		Grant:      capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt:   issuedAt, ExpiresAt: expiresAt,
	}, "0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	return text, expiresAt.Format(time.RFC3339)
}

// volume is laid out as a kubelet does it: files that link through one link to a folder, so that they change as one.
type volume struct {
	t       *testing.T
	dir     string
	swaps   int
	watcher *sightings.Watcher
}

func newVolume(t *testing.T) *volume {
	dir := t.TempDir()
	for _, name := range []string{"token", "expires-at"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return &volume{t: t, dir: dir, watcher: sightings.NewWatcher(os.DirFS(dir), "token")}
}

func (v *volume) swap(token, expiry string) {
	v.t.Helper()
	v.swaps++
	folder := fmt.Sprintf("..%d", v.swaps)
	if err := os.Mkdir(filepath.Join(v.dir, folder), 0o700); err != nil {
		v.t.Fatal(err)
	}
	for name, content := range map[string]string{"token": token, "expires-at": expiry} {
		if err := os.WriteFile(filepath.Join(v.dir, folder, name), []byte(content), 0o600); err != nil {
			v.t.Fatal(err)
		}
	}
	next := filepath.Join(v.dir, "..next")
	if err := os.Symlink(folder, next); err != nil {
		v.t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(v.dir, "..data")); err != nil {
		v.t.Fatal(err)
	}
}

func (v *volume) remove() {
	v.t.Helper()
	if err := os.Remove(filepath.Join(v.dir, "..data")); err != nil {
		v.t.Fatal(err)
	}
}
