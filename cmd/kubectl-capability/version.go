package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is which build of the program this is.
type build struct {
	Version, Revision, Go, Platform string
	Modified                        bool
}

// versionOf is what the Go toolchain has written into the program: go install knows
// the module's version, a build in a checkout its commit.
func versionOf() build {
	b := build{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = cmp.Or(info.Main.Version, b.Version)
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Revision = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

func (b build) String() string {
	text := fmt.Sprintf("kubectl-capability %s, %s, %s", b.Version, b.Go, b.Platform)
	if b.Revision != "" {
		text += ", commit " + b.Revision
	}
	if b.Modified {
		text += " with changes"
	}
	return text
}

func (p *program) version() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print which build of the plugin this is",
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.streams.Out, versionOf())
			return err
		},
	}
}
