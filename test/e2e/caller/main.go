// Command caller does what an application does that asks for tokens on demand.
// What it logs never holds a token; the answer to ask, which is printed, does.
//
//	caller wait                  does nothing, in a pod that the others are run in
//	caller ask [flags]           makes one request and prints the answer, as JSON
//	caller load [flags]          asks until it is told to end, and logs counts
//	caller kill PROGRAM          kills one process of that program, without a word
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/capability-operator/capability-operator/test/e2e/asking"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var errUsage = errors.New("the first argument must be wait, ask, load or kill")

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	switch command, args := args[0], args[1:]; command {
	case "wait":
		<-ctx.Done()
		return nil
	case "ask":
		return ask(ctx, args, out)
	case "load":
		return load(ctx, args, out)
	case "kill":
		return kill(args, out)
	}
	return errUsage
}

// asked are the flags that ask and load share.
func asked(name string) (flags *flag.FlagSet, l *asking.Load) {
	flags, l = flag.NewFlagSet(name, flag.ContinueOnError), &asking.Load{}
	flags.StringVar(&l.Server.URL, "server", "", "The server's address; the API server's where it is empty.")
	flags.StringVar(&l.Server.Name, "server-name", "", "The name in its certificate, where it is another.")
	flags.StringVar(&l.Server.AuthorityFile, "authority", "", "File of its authority; the API server's where it is empty.")
	flags.StringVar(&l.Server.Published, "published", "", "ConfigMap of its authority, as namespace/name, instead of a file.")
	flags.StringVar(&l.Server.TokenFile, "token", "", "File of the token to send; the pod's ServiceAccount's where it is empty.")
	flags.BoolVar(&l.Server.Anonymous, "anonymous", false, "Send no token.")
	flags.StringVar(&l.Path, "path", "", "The path to ask at.")
	flags.StringVar(&l.Body, "body", "{}", "What is asked for.")
	return flags, l
}

func ask(ctx context.Context, args []string, out io.Writer) error {
	flags, l := asked("ask")
	if err := flags.Parse(args); err != nil {
		return err
	}
	connections := asking.NewConnections(l.Server, true)
	answer, err := connections.Ask(ctx, l.Path, l.Body)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(answer)
}

func load(ctx context.Context, args []string, out io.Writer) error {
	flags, l := asked("load")
	flags.IntVar(&l.Workers, "workers", 4, "How many ask at once.")
	flags.DurationVar(&l.Every, "every", 100*time.Millisecond, "How often each of them asks.")
	flags.BoolVar(&l.Anew, "anew", false, "Make a connection for each request.")
	flags.DurationVar(&l.Patience, "patience", 30*time.Second, "How long each tries before a request counts as lost.")
	say := flags.Duration("say", 500*time.Millisecond, "How often the counts are logged.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Run(ctx)
	}()
	ticker := time.NewTicker(*say)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return json.NewEncoder(out).Encode(l.Line(time.Now()))
		case <-ticker.C:
			if err := json.NewEncoder(out).Encode(l.Line(time.Now())); err != nil {
				return fmt.Errorf("writing the log: %w", err)
			}
		}
	}
}
