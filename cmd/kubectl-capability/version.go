package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/capability-operator/capability-operator/internal/buildinfo"
)

func (p *program) version() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print which build of the plugin this is",
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.streams.Out, versionLine())
			return err
		},
	}
}

func versionLine() string { return buildinfo.Read().Line("kubectl-capability") }
