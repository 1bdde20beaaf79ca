package main

import (
	"github.com/spf13/cobra"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/plugin"
)

func (p *program) list() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List ClientCapabilities: when their tokens expire and are renewed, and why one is not Ready",
		Example: "  kubectl capability list -n support\n" +
			"  kubectl capability list -A -l team=support\n" +
			"  kubectl capability list -A -o json",
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			selector, err := p.selected()
			if err != nil {
				return err
			}
			s, err := p.session()
			if err != nil {
				return err
			}
			return s.List(cmd.Context(), selector)
		},
	}
	p.addSelection(cmd.Flags())
	p.addOutput(cmd, plugin.Wide, plugin.JSON, plugin.YAML)
	p.addNoHeaders(cmd.Flags())
	return cmd
}

func (p *program) explain() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "explain NAME",
		Short:             "Explain one ClientCapability: how it fares, why, and what to do",
		Example:           "  kubectl capability explain tommy -n support",
		Args:              oneName,
		ValidArgsFunction: p.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.session()
			if err != nil {
				return err
			}
			return s.Explain(cmd.Context(), args[0])
		},
	}
	p.addOutput(cmd, plugin.JSON, plugin.YAML)
	return cmd
}

func (p *program) inspect() *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "inspect NAME",
		Short: "Show what the token in the Secret says, and whether its signature is right",
		Long: "inspect shows the claims and scopes of the token in the ClientCapability's Secret, compares them with what is declared, and\n" +
			"checks the signature where you may read the account. The token itself is shown with --raw alone: whoever sees it can use it.",
		Example: "  kubectl capability inspect tommy -n support\n" +
			"  kubectl capability inspect tommy -n support --raw | pbcopy",
		Args:              oneName,
		ValidArgsFunction: p.completeNames,
		PreRunE: func(*cobra.Command, []string) error {
			if raw && p.common.output != "" {
				return plugin.Usage("--raw writes the token and nothing else: leave --output out")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.session()
			if err != nil {
				return err
			}
			return s.Inspect(cmd.Context(), args[0], raw)
		},
	}
	cmd.Flags().BoolVar(&raw, "raw", false, "Write the token itself, and nothing else.")
	p.addOutput(cmd, plugin.JSON, plugin.YAML)
	return cmd
}

func (p *program) token() *cobra.Command {
	var request tokens.TokenRequestSpec
	cmd := &cobra.Command{
		Use:   "token NAME",
		Short: "Ask for a token on demand, and print it",
		Long: "token asks the token server for a token of the ClientCapability and prints it. It is made for this call and stored nowhere.\n" +
			"You need the right to create clientcapabilities/token.",
		Example: "  kubectl capability token dialler -n support --ttl 5s --client-name agent-7",
		Args:    oneName, ValidArgsFunction: p.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.session()
			if err != nil {
				return err
			}
			return s.Token(cmd.Context(), args[0], request)
		},
	}
	cmd.Flags().StringVar(&request.TTL, "ttl", "", "How long the token is to live, such as 5s, at most as declared. Left out, as declared.")
	cmd.Flags().StringVar(&request.ClientName, "client-name", "", "Who the client is to be, where the declaration lets callers choose. Left out, as declared.")
	p.addOutput(cmd, plugin.JSON, plugin.YAML)
	return cmd
}

func (p *program) accounts() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "accounts [NAME…]",
		Short: "List the Twilio accounts that you may read, and who uses which",
		Long: "accounts lists ClusterAccounts and labelled account Secrets, what each can sign, and the ClientCapabilities that use it. With\n" +
			"names it shows all that is to be known of those: limits, namespaces, keys, and what to do where one can't sign. Credentials are\n" +
			"never shown.",
		Example: "  kubectl capability accounts -A\n" +
			"  kubectl capability accounts production -A",
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.session()
			if err != nil {
				return err
			}
			return s.Accounts(cmd.Context(), args)
		},
	}
	p.addAllNamespaces(cmd.Flags())
	p.addOutput(cmd, plugin.Wide, plugin.JSON, plugin.YAML)
	p.addNoHeaders(cmd.Flags())
	return cmd
}
