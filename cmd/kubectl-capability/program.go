package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/capability-operator/capability-operator/internal/buildinfo"
	"github.com/capability-operator/capability-operator/internal/plugin"
	"github.com/capability-operator/capability-operator/internal/terminal"
)

// program holds what all commands share: the usual flags of kubectl, and the world.
type program struct {
	streams     genericiooptions.IOStreams
	environment func(string) string
	clock       clock.PassiveClock // nil: the API server's
	own         clock.PassiveClock // this machine's
	cluster     *genericclioptions.ConfigFlags
	common      commonFlags
}

// commonFlags are those that several commands have.
type commonFlags struct {
	allNamespaces bool
	selector      string
	output        string
	noHeaders     bool
}

func newProgram(streams genericiooptions.IOStreams, environment func(string) string, now clock.PassiveClock) *program {
	cluster := genericclioptions.NewConfigFlags(true)
	cluster.CacheDir = nil // nothing is discovered, so nothing is kept
	return &program{streams: streams, environment: environment, clock: now, own: clock.RealClock{}, cluster: cluster}
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kubectl-capability",
		Short: "See how ClientCapabilities fare, why, and what to do",
		Long: "kubectl capability shows what became of each ClientCapability of capability-operator: whether its token lives, when it is\n" +
			"renewed, what stands in its way and what to do about that. It reads as you, and says what you may not read.",
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl capability"},
		Version:       versionLine(),
		SilenceErrors: true, // main says them
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(p.streams.In)
	root.SetOut(p.streams.Out)
	root.SetErr(p.streams.ErrOut)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return plugin.Usage("%v", err) })
	p.cluster.AddFlags(root.PersistentFlags())
	p.completeClusterFlags(root)
	root.AddCommand(p.list(), p.explain(), p.inspect(), p.renew(), p.token(), p.accounts(), p.version())
	return root
}

// noArguments and those below say what is wrong as an error of usage.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasParent() {
		return plugin.Usage("%s takes no arguments, and there is %q", cmd.CommandPath(), args[0])
	}
	return plugin.Usage("there is no command %q; see: %s --help", args[0], cmd.CommandPath())
}

func oneName(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return plugin.Usage("%s takes the name of one ClientCapability, such as: %[1]s tommy", cmd.CommandPath())
}

func (p *program) addSelection(flags *pflag.FlagSet) {
	p.addAllNamespaces(flags)
	flags.StringVarP(&p.common.selector, "selector", "l", "", "Only those whose labels match, such as team=support or 'team in (support,sales)'.")
}

func (p *program) addAllNamespaces(flags *pflag.FlagSet) {
	flags.BoolVarP(&p.common.allNamespaces, "all-namespaces", "A", false, "Look in all namespaces.")
}

func (p *program) addOutput(cmd *cobra.Command, formats ...plugin.Format) {
	names := make([]string, len(formats))
	for i, format := range formats {
		names[i] = string(format)
	}
	cmd.Flags().StringVarP(&p.common.output, "output", "o", "", "How to write the answer: "+strings.Join(names, ", ")+". Left out, it is for people.")
	complete(cmd, "output", names)
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if p.common.output != "" && !slices.Contains(names, p.common.output) {
			return plugin.Usage("--output=%s: %s knows %s", p.common.output, cmd.CommandPath(), strings.Join(names, ", "))
		}
		if check != nil {
			return check(cmd, args)
		}
		return nil
	}
}

func (p *program) addNoHeaders(flags *pflag.FlagSet) {
	flags.BoolVar(&p.common.noHeaders, "no-headers", false, "Leave the line of heads out.")
}

func (p *program) selected() (labels.Selector, error) {
	selector, err := labels.Parse(p.common.selector)
	if err != nil {
		return nil, plugin.Usage("--selector: %v", err)
	}
	return selector, nil
}

// session connects to the cluster that the flags and the kubeconfig name.
func (p *program) session() (*plugin.Session, error) {
	namespace, _, err := p.cluster.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if p.common.allNamespaces {
		namespace = ""
	}
	config, err := p.cluster.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	s := &plugin.Session{
		Namespace: namespace, Clock: p.clock, Out: p.streams.Out, Err: p.streams.ErrOut,
		Paint: terminal.PainterFor(p.streams.Out, p.environment), Format: plugin.Format(p.common.output), NoHeaders: p.common.noHeaders,
	}
	if s.Clock == nil {
		server := &plugin.ServerClock{Own: p.own, Warn: p.streams.ErrOut}
		config.Wrap(server.Wrap)
		s.Clock = server
	}
	config.UserAgent = "kubectl-capability/" + buildinfo.Read().Version
	s.API, s.Tokens, err = plugin.Connect(config)
	return s, err
}
