package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// stage is a backend with a user tommy, whose token is mounted as a kubelet mounts it, and a user agent_7.
type stage struct {
	*softphone
	t      *testing.T
	now    time.Time
	folder string
	swaps  int
	log    *bytes.Buffer
	server *httptest.Server
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, now: time.Unix(1_800_000_000, 0), folder: t.TempDir(), log: &bytes.Buffer{}}
	users := t.TempDir()
	for _, user := range []string{"tommy", "agent_7"} {
		write(t, filepath.Join(users, user), "password-of-"+user+"\n")
	}
	s.softphone = &softphone{
		signIn: demoSignIn{folder: users}, log: slog.New(slog.NewTextHandler(s.log, nil)),
		mounted: &mounted{folder: s.folder, now: func() time.Time { return s.now }},
		page:    fstest.MapFS{"index.html": {Data: []byte("<title>the page</title>")}},
	}
	return s
}

// open serves what was set up.
func (s *stage) open() {
	s.server = httptest.NewServer(s.handler())
	s.t.Cleanup(s.server.Close)
}

// mount puts a token into the folder as a kubelet does: a new folder, and a link that is swapped.
func (s *stage) mount(token string) {
	s.t.Helper()
	s.swaps++
	version := fmt.Sprintf("..version-%d", s.swaps)
	write(s.t, filepath.Join(s.folder, version, "token"), token)
	for link, target := range map[string]string{"..data": version, "token": "..data/token"} {
		next := filepath.Join(s.folder, "next")
		if err := os.Symlink(target, next); err != nil {
			s.t.Fatal(err)
		}
		if err := os.Rename(next, filepath.Join(s.folder, link)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// token has the form of an Access token, with a signature that is none.
func (s *stage) token(identity string, lives time.Duration) string {
	payload := fmt.Sprintf(`{"exp": %d, "grants": {"identity": %q, "voice": {"incoming": {"allow": true}, "outgoing": {"application_sid": "AP1"}}}}`,
		s.now.Add(lives).Unix(), identity)
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"HS256"}`)) + "." + encode([]byte(payload)) + ".signature"
}

type reply struct {
	status int
	header http.Header
	body   string
}

// ask asks as a user, nobody where the name is empty. Headers are names and values in turn.
func (s *stage) ask(user, method, path string, headers ...string) reply {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	if user != "" {
		request.SetBasicAuth(user, "password-of-"+user)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.server.Client().Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// granted is a token that was handed out.
func (r reply) granted(t *testing.T) answer {
	t.Helper()
	var found answer
	if err := json.Unmarshal([]byte(r.body), &found); err != nil || r.status != http.StatusOK {
		t.Fatalf("%d: %s (%v)", r.status, r.body, err)
	}
	return found
}

// refused expects a problem of the code, and words in its message.
func (r reply) refused(t *testing.T, status int, code, words string) {
	t.Helper()
	var found problem
	if err := json.Unmarshal([]byte(r.body), &found); err != nil || r.status != status || found.Code != code || !strings.Contains(found.Message, words) {
		t.Errorf("it is %d %s, and not %d %s %q", r.status, r.body, status, code, words)
	}
}
