package buildinfo_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/capability-operator/capability-operator/internal/buildinfo"
)

func TestTheLineHasAllThatIsKnown(t *testing.T) {
	known := buildinfo.Info{Version: "v0.1.0", Go: "go1.26.8", Platform: "linux/arm64"}
	for want, change := range map[string]func(*buildinfo.Info){
		"manager v0.1.0, go1.26.8, linux/arm64":                           func(*buildinfo.Info) {},
		"manager v0.1.0, go1.26.8, linux/arm64, commit 0123":              func(i *buildinfo.Info) { i.Revision = "0123" },
		"manager v0.1.0, go1.26.8, linux/arm64, commit 0123 with changes": func(i *buildinfo.Info) { i.Revision, i.Modified = "0123", true },
	} {
		info := known
		change(&info)
		if got := info.Line("manager"); got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
}

// The programs that are released, as docs/releasing.md has them compiled.
func TestEveryProgramSaysWhatTheLinkerWasTold(t *testing.T) {
	for program, called := range map[string]string{
		"manager": "capability-operator", "tokenserver": "capability-operator-tokenserver", "kubectl-capability": "kubectl-capability",
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			built := filepath.Join(t.TempDir(), program)
			flags := "-X github.com/capability-operator/capability-operator/internal/buildinfo.version=v1.2.3"
			if printed, err := exec.CommandContext(t.Context(), "go", "build", "-ldflags", flags, "-o", built, "../../cmd/"+program).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			printed, err := exec.CommandContext(t.Context(), built, "--version").Output()
			if err != nil || !strings.HasPrefix(string(printed), called+" v1.2.3, go1.") {
				t.Errorf("it says %q, %v", printed, err)
			}
		})
	}
}
