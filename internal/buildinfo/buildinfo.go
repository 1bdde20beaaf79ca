package buildinfo

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker where what is compiled is no checkout with its tags, as
// in an image:
//
//	-ldflags "-X github.com/capability-operator/capability-operator/internal/buildinfo.version=v0.1.0"
var version string

// Info is which build of a program this is.
type Info struct {
	Version, Revision, Go, Platform string
	Modified                        bool
}

// Read is what the linker was told, and what the Go toolchain has written into the
// program by itself: go install knows the module's version, a build in a checkout its
// tag and commit.
func Read() Info {
	info := Info{Version: cmp.Or(version, "unknown"), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	built, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	info.Version = cmp.Or(version, built.Main.Version, info.Version)
	for _, setting := range built.Settings {
		switch setting.Key {
		case "vcs.revision":
			info.Revision = setting.Value
		case "vcs.modified":
			info.Modified = setting.Value == "true"
		}
	}
	return info
}

// Line is the answer of a program of that name to --version.
func (i Info) Line(program string) string {
	text := fmt.Sprintf("%s %s, %s, %s", program, i.Version, i.Go, i.Platform)
	if i.Revision != "" {
		text += ", commit " + i.Revision
	}
	if i.Modified {
		text += " with changes"
	}
	return text
}
