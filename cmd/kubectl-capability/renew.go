package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/capability-operator/capability-operator/internal/plugin"
)

// defaultWait is how long --wait waits.
const defaultWait = 30 * time.Second

func (p *program) renew() *cobra.Command {
	var all bool
	o := plugin.RenewOptions{}
	cmd := &cobra.Command{
		Use:   "renew (NAME… | --all | -l SELECTOR)",
		Short: "Ask for new tokens now, and wait for them",
		Long: "renew asks the operator for a new token, by the annotation voice.capability-operator.io/renew-requested-at. The former token stays\n" +
			"valid until it expires.",
		Example: "  kubectl capability renew tommy -n support --wait\n" +
			"  kubectl capability renew --all -n support --wait --timeout 2m\n" +
			"  kubectl capability renew -A -l team=support",
		ValidArgsFunction: p.completeNames,
		Args: func(_ *cobra.Command, args []string) error {
			ways := 0
			for _, is := range []bool{len(args) > 0, all, p.common.selector != ""} {
				if is {
					ways++
				}
			}
			switch {
			case ways != 1:
				return plugin.Usage("say which: names, or --all, or a selector (-l)")
			case len(args) > 0 && p.common.allNamespaces:
				return plugin.Usage("an object is named in one namespace: leave --all-namespaces out")
			}
			o.Names = args
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("timeout") && !o.Wait {
				return plugin.Usage("--timeout is how long --wait waits: add --wait")
			}
			var err error
			if o.Selector, err = p.selected(); err != nil {
				return err
			}
			s, err := p.session()
			if err != nil {
				return err
			}
			return s.Renew(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "All of the namespace, or with --all-namespaces of all.")
	cmd.Flags().BoolVar(&o.Wait, "wait", false, "Wait until each has its new token, and say so.")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", defaultWait, "How long --wait waits.")
	p.addSelection(cmd.Flags())
	return cmd
}
