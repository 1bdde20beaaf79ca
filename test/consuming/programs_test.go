package consuming_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/internal/children"
)

// examples is where the programs are, as seen from here.
const examples = "../../examples/consuming/"

func TestTheProgramsOfThePageHandOutFreshTokensOnly(t *testing.T) {
	for name, command := range map[string]func(*testing.T) []string{
		"in Go":     builtByGo,
		"in Node":   func(t *testing.T) []string { return []string{interpreter(t, "node"), examples + "node/server.mjs"} },
		"in Python": func(t *testing.T) []string { return []string{interpreter(t, "python3"), examples + "python/server.py"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mounted := newMount(t)
			served := start(t, mounted, command(t))
			const hour = time.Hour

			served.refuses("while the Secret is not there")
			for _, kind := range []capability.Type{capability.TypeAccess, capability.TypeCapability} {
				token, expiresAt := mint(t, kind, 0, hour)
				mounted.holds(token, expiresAt)
				served.handsOut(token, expiresAt)

				renewed, expiresAt := mint(t, kind, 0, 2*hour)
				mounted.holds(renewed, expiresAt)
				served.handsOut(renewed, expiresAt)

				short, expiresAt := mint(t, kind, -hour, 29*time.Second)
				mounted.holds(short, expiresAt)
				served.refuses("of a token with less than 30 s left")

				enough, expiresAt := mint(t, kind, -hour, 10*time.Minute)
				mounted.holds(enough, expiresAt)
				served.handsOut(enough, expiresAt)

				expired, expiresAt := mint(t, kind, -hour, -time.Second)
				mounted.holds(expired, expiresAt)
				served.refuses("of an expired token")
				mounted.holds(expired, time.Now().Add(hour))
				served.refuses("of an expired token beside an expires-at of another version")

				for _, part := range cuts(token) {
					mounted.holds(part, expiresAt)
					served.refuses("of a token that is not whole")
				}
				mounted.holds(token, expiresAt)
				served.handsOut(token, time.Time{})
			}
			mounted.must(os.Remove(filepath.Join(mounted.path, "token")))
			served.refuses("after the file has gone")
			served.saysNoToken()
		})
	}
}

func TestThePageOfTheBrowserRenewsInTime(t *testing.T) {
	printed, err := exec.CommandContext(t.Context(), interpreter(t, "node"), "--test", examples+"browser/").CombinedOutput()
	if err != nil || !strings.Contains(string(printed), "\n# pass 5\n") {
		t.Errorf("%v:\n%s", err, printed)
	}
}

// cuts are the beginnings of a token that end within each of its parts and between them.
func cuts(token string) []string {
	first, last := strings.Index(token, "."), strings.LastIndex(token, ".")
	return []string{"", token[:first/2], token[:first+1], token[:(first+last)/2], token[:last], token[:last+1], token[:len(token)-1]}
}

// program is one of the page's that runs.
type program struct {
	t       *testing.T
	address string
	output  *bytes.Buffer // to be read once done is closed
	done    chan struct{}
	stop    func()
	secrets []string
}

func start(t *testing.T, mounted *mount, command []string) *program {
	t.Helper()
	started := exec.CommandContext(t.Context(), command[0], command[1:]...)
	started.Env = append(os.Environ(), "TOKEN_DIRECTORY="+mounted.path, "LISTEN=127.0.0.1:0")
	runtime.LockOSThread() // until the test ends, and with it the program
	started.SysProcAttr = children.Attributes()
	printed, err := started.StderrPipe()
	mounted.must(err)
	mounted.must(started.Start())
	p := &program{t: t, output: &bytes.Buffer{}, done: make(chan struct{})}
	p.stop = func() {
		_ = started.Process.Kill() // it may have ended
		<-p.done
		_ = started.Wait() // says that it was killed
	}
	t.Cleanup(p.stop)

	listening := make(chan string, 1)
	go func() {
		defer close(p.done)
		for lines := bufio.NewScanner(printed); lines.Scan(); {
			p.output.WriteString(lines.Text() + "\n")
			if _, address, found := strings.Cut(lines.Text(), "listening on "); found {
				listening <- address
			}
		}
	}()
	select {
	case p.address = <-listening:
	case <-p.done:
		t.Fatalf("it ended:\n%s", p.output)
	case <-time.After(time.Minute):
		t.Fatal("it did not say within a minute that it listens")
	}
	return p
}

func (p *program) get() (code int, header http.Header, body string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.address+"/token", http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		p.t.Error(err)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if caching := response.Header.Get("Cache-Control"); caching != "no-store" {
		p.t.Errorf("Cache-Control is %q", caching)
	}
	return response.StatusCode, response.Header, string(content)
}

// handsOut fails unless the answer is this token, with its expiry (where that is to be looked at).
func (p *program) handsOut(token string, expiresAt time.Time) {
	p.t.Helper()
	p.secrets = append(p.secrets, strings.Split(token, ".")...)
	code, header, body := p.get()
	var answer struct {
		Token     string
		ExpiresAt time.Time
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusOK {
		p.t.Fatalf("a fresh token is answered with %d, %v", code, err)
	}
	if kind := header.Get("Content-Type"); kind != "application/json" {
		p.t.Errorf("Content-Type is %q", kind)
	}
	if answer.Token != token {
		p.t.Error("it hands out another token than the one that is in the Secret")
	}
	if !expiresAt.IsZero() && !answer.ExpiresAt.Equal(expiresAt) {
		p.t.Errorf("it says that the token expires at %s, which is at %s", answer.ExpiresAt, expiresAt)
	}
}

func (p *program) refuses(when string) {
	p.t.Helper()
	code, header, body := p.get()
	if code != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || !strings.Contains(body, "no fresh token") {
		p.t.Errorf("%s it answers %d, Retry-After %q", when, code, header.Get("Retry-After"))
	}
}

// saysNoToken ends the program, and fails where its log holds a token or a part of one, or no reason for what it refused.
func (p *program) saysNoToken() {
	p.t.Helper()
	p.stop()
	said := p.output.String()
	for _, reason := range []string{"no whole token", "less than 30 s left"} {
		if !strings.Contains(said, reason) {
			p.t.Errorf("its log does not say %q", reason)
		}
	}
	for _, secret := range p.secrets {
		if strings.Contains(said, secret) {
			p.t.Error("its log holds a part of a token")
		}
	}
	if strings.Contains(said, "tommy") {
		p.t.Error("its log holds the client's name")
	}
}

func builtByGo(t *testing.T) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server")
	if printed, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, examples+"go").CombinedOutput(); err != nil {
		t.Fatalf("building the example: %v\n%s", err, printed)
	}
	return []string{path}
}

// interpreter skips the test where there is none, unless all examples have to be run.
func interpreter(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case os.Getenv("RUN_ALL_EXAMPLES") != "":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	return path
}
