package main

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

type kubeconfig = clientcmdapi.Config

// complete lets a shell complete a flag by these values.
func complete(cmd *cobra.Command, flag string, values []string) {
	completeBy(cmd, flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values, cobra.ShellCompDirectiveNoFileComp
	})
}

func completeBy(cmd *cobra.Command, flag string, values cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, values); err != nil {
		panic(err) // there is no such flag: a mistake in this program
	}
}

// completeNames offers the ClientCapabilities of the namespace.
func (p *program) completeNames(cmd *cobra.Command, already []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(already) > 0 && cmd.Name() != "renew" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	s, err := p.session()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names, err := s.Names(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(already, name) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (p *program) completeNamespaces(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	s, err := p.session()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names, err := s.Namespaces(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeClusterFlags offers what the kubeconfig and the cluster know.
func (p *program) completeClusterFlags(root *cobra.Command) {
	completeBy(root, "namespace", p.completeNamespaces)
	for flag, of := range map[string]func(kubeconfig) []string{
		"context": func(k kubeconfig) []string { return slices.Sorted(maps.Keys(k.Contexts)) },
		"cluster": func(k kubeconfig) []string { return slices.Sorted(maps.Keys(k.Clusters)) },
		"user":    func(k kubeconfig) []string { return slices.Sorted(maps.Keys(k.AuthInfos)) },
	} {
		completeBy(root, flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			config, err := p.cluster.ToRawKubeConfigLoader().RawConfig()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return of(config), cobra.ShellCompDirectiveNoFileComp
		})
	}
}
