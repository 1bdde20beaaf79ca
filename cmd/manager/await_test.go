package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

func TestAManagerThatWaitsEndsWhenItIsToldTo(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c"}}],`+
		`"clusters":[{"name":"c","cluster":{"server":"http://%s"}}]}`, controlplane.FreeAddress(t))
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	said := &log{}
	if err := run(ctx, []string{"--kubeconfig=" + kubeconfig, "--health-probe-bind-address=0"}, said); err != nil {
		t.Errorf("it ended with: %v", err)
	}
	if got := strings.Count(said.String(), "does not answer"); got != 1 {
		t.Errorf("it said %d times what it waits for, not once:\n%s", got, said)
	}
}
