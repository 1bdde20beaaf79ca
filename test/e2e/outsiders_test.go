//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/capability-operator/capability-operator/test/e2e/asking"
)

func (s *tokenStage) testOutsiders() {
	s.run("kubectl create --raw", func() {
		printed := mustKubectl(s.t, fiveSeconds, "create", "--raw", s.path(dialler), "-f", "-")
		if _, err := s.verify(asking.Answer{Code: http.StatusCreated, Body: printed}); err != nil {
			s.t.Error(err)
		}
	})
	s.run("curl, through the API server", func() {
		authority := cluster.CAData
		if len(authority) == 0 {
			var err error
			if authority, err = os.ReadFile(cluster.CAFile); err != nil {
				s.t.Fatal(err)
			}
		}
		s.curl(strings.TrimSuffix(cluster.Host, "/"), string(authority), s.tokenOf("app"))
	})
	s.run("curl, straight", func() {
		if !reaches(s.t.Context(), s.address) {
			s.t.Skip("the Service's address can't be reached from here")
		}
		host, port, err := net.SplitHostPort(s.address)
		if err != nil {
			s.t.Fatal(err)
		}
		name := tokenServer + "." + operatorNamespace + ".svc:" + port
		s.curl("https://"+name, s.authority(), s.tokenOf("app", "capability-operator"), "--resolve", name+":"+host)
	})
}

// reaches reports whether this process, and not only a pod, can make a connection.
func reaches(ctx context.Context, address string) bool {
	made, err := (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return made.Close() == nil
}

// tokenOf is a token of a ServiceAccount, for the API server where no audience is named.
func (s *tokenStage) tokenOf(account string, audiences ...string) string {
	s.t.Helper()
	made, err := core.CoreV1().ServiceAccounts(s.namespace).CreateToken(s.t.Context(), account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences}}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.Status.Token
}

// curl sends what the documentation has it send. The token is in a file, so that it is in no list of processes.
func (s *tokenStage) curl(server, authority, token string, more ...string) {
	s.t.Helper()
	program, err := exec.LookPath("curl")
	if err != nil {
		s.t.Skip("there is no curl here")
	}
	folder := s.t.TempDir()
	for name, content := range map[string]string{"ca.crt": authority, "header": "Authorization: Bearer " + token} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	command := exec.CommandContext(s.t.Context(), program, append(more, "--silent", "--show-error", "--max-time", "10",
		"--cacert", filepath.Join(folder, "ca.crt"), "-H", "@"+filepath.Join(folder, "header"), "-H", "Content-Type: application/json",
		"-d", fiveSeconds, "--write-out", "\n%{http_code}", server+s.path(dialler))...)
	complaints := &strings.Builder{}
	command.Stderr = complaints
	printed, err := command.Output()
	if err != nil {
		s.t.Fatalf("%v: %s", err, complaints)
	}
	end := bytes.LastIndexByte(printed, '\n')
	answer := asking.Answer{Body: string(printed[:end])}
	if answer.Code, err = strconv.Atoi(string(printed[end+1:])); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.verify(answer); err != nil {
		s.t.Error(err)
	}
}

// testAccountRotation asks at once after the account was changed, one request after the other.
func (s *tokenStage) testAccountRotation() {
	s.rotate()
	begun, former := time.Now(), 0
	for ; s.t.Context().Err() == nil; former++ {
		raw, err := core.CoreV1().RESTClient().Post().AbsPath(s.path(dialler)).SetHeader("Content-Type", "application/json").
			Body([]byte(fiveSeconds)).DoRaw(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		_, err = s.verify(asking.Answer{Code: http.StatusCreated, Body: string(raw)})
		if err == nil {
			break
		}
		if time.Since(begun) > 2*time.Second {
			s.t.Fatalf("after %d answers: %v", former, err)
		}
	}
	results.figure("token server: the account is rotated; answers that the former AuthToken signed: %d, until %s later",
		former, time.Since(begun).Round(time.Millisecond))
	for range 5 { // both replicas, one of which may have answered so far
		answer, err := s.ask(s.t.Context(), "app", dialler, fiveSeconds, s.straightly()...)
		if err == nil {
			_, err = s.verify(answer)
		}
		if err != nil {
			s.t.Error(err)
		}
	}
}
