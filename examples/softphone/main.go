package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// grace is how long answers that are being given may take when the program is told to end.
const grace = 10 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "softphone:", err)
		os.Exit(1)
	}
}

type options struct {
	listen, users, mounted, onDemand, serviceAccount, apiServer, edge, signaling string
}

func run(ctx context.Context, args []string, env func(string) string, logTo io.Writer) error {
	o, err := parse(args, env, logTo)
	if err != nil {
		return err
	}
	phone, err := o.softphone(slog.New(slog.NewJSONHandler(logTo, nil)))
	if err != nil {
		return err
	}
	if phone.page, err = builtIn(); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	return phone.serve(ctx, listener)
}

func parse(args []string, env func(string) string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("softphone", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&o.listen, "listen", ":8080", "address for HTTP; whoever is in front of it speaks HTTPS with browsers, which give no microphone without")
	flags.StringVar(&o.users, "users", "/var/run/softphone/users", "folder of the demo sign-in: one file with a password for each user")
	flags.StringVar(&o.mounted, "mounted", "", "folder at which the Secret of a ClientCapability is mounted")
	flags.StringVar(&o.onDemand, "on-demand", "", "NAMESPACE/NAME of a ClientCapability to ask for tokens of the signed-in users")
	flags.StringVar(&o.serviceAccount, "service-account", "/var/run/secrets/kubernetes.io/serviceaccount", "folder with token and ca.crt for the API server")
	flags.StringVar(&o.apiServer, "api-server", inCluster(env), "address of the API server; in a pod it is known")
	flags.StringVar(&o.edge, "edge", "", "Twilio's edge location to connect to, such as dublin; left out, Twilio chooses the nearest")
	flags.StringVar(&o.signaling, "signaling", "", "HOST:PORT that pages connect to in place of Twilio, for tests")
	if err := flags.Parse(args); err != nil {
		return o, fmt.Errorf("reading the flags: %w", err)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("there are arguments beside the flags, beginning with %q", flags.Arg(0))
	}
	return o, nil
}

func inCluster(env func(string) string) string {
	host, port := env("KUBERNETES_SERVICE_HOST"), env("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return ""
	}
	return "https://" + net.JoinHostPort(host, port)
}

func (o options) softphone(log *slog.Logger) (*softphone, error) {
	s := &softphone{signIn: demoSignIn{folder: o.users}, edge: o.edge, signaling: o.signaling, log: log}
	if o.mounted == "" && o.onDemand == "" {
		return nil, errNoWay
	}
	if o.mounted != "" {
		s.mounted = &mounted{folder: o.mounted, now: time.Now}
	}
	if o.onDemand != "" {
		namespace, name, ok := strings.Cut(o.onDemand, "/")
		if !ok || namespace == "" || name == "" {
			return nil, fmt.Errorf("--on-demand is %q: write it as NAMESPACE/NAME", o.onDemand)
		}
		if o.apiServer == "" {
			return nil, errors.New("--on-demand needs an API server to ask: outside of a pod, give --api-server")
		}
		s.onDemand = &onDemand{apiServer: strings.TrimSuffix(o.apiServer, "/"), serviceAccount: o.serviceAccount, namespace: namespace, name: name, now: time.Now}
	}
	return s, nil
}

// serve answers until the context ends, and then ends what is being answered.
func (s *softphone) serve(ctx context.Context, on net.Listener) error {
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      patience + 5*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(on) }()
	s.log.Info("Serving", "address", on.Addr().String())
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		return fmt.Errorf("ending: %w", err)
	}
	s.log.Info("Ended")
	return nil
}
