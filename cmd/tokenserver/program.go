package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/controllers"
	"github.com/capability-operator/capability-operator/internal/startup"
	"github.com/capability-operator/capability-operator/tokenserver"
	"github.com/capability-operator/capability-operator/tokenserver/certificate"
)

// program is everything that runs.
type program struct {
	options options
	config  *rest.Config
	front   *tokenserver.Front
	keeper  *certificate.Keeper // nil where the certificate comes from files
	caches  *tokenserver.Caches // nil until they are followed
	// serverTime keeps a clock that is behind from granting what has expired.
	serverTime *controllers.ServerTime

	// What runs behind the front, which it outlives: a request that is under way
	// needs it.
	running context.Context
	end     context.CancelFunc
	behind  sync.WaitGroup
}

func newProgram(ctx context.Context, config *rest.Config, o options) (*program, error) {
	p := &program{options: o, config: config, serverTime: &controllers.ServerTime{Clock: clock.RealClock{}}}
	config.Wrap(p.serverTime.Wrap)
	p.running, p.end = context.WithCancel(context.WithoutCancel(ctx))
	p.front = &tokenserver.Front{Log: ctrl.Log}
	if !o.shared {
		if err := p.listen(ctx); err != nil {
			p.end()
			return nil, err
		}
	}
	certify := p.makeCertificate
	if o.certFile != "" {
		certify = p.readCertificate
	}
	if err := certify(); err != nil {
		p.end()
		if p.front.Listener != nil {
			err = errors.Join(err, p.front.Listener.Close())
		}
		return nil, err
	}
	return p, nil
}

func (p *program) listen(ctx context.Context) error {
	listener, err := (&net.ListenConfig{Control: sharing(p.options.shared)}).Listen(ctx, "tcp", p.options.address)
	if err != nil {
		return fmt.Errorf("--bind-address: %w", err)
	}
	p.front.Listener = listener
	return nil
}

// readCertificate serves what stands in files, whatever writes them.
func (p *program) readCertificate() error {
	files, err := certwatcher.New(p.options.certFile, p.options.keyFile)
	if err != nil {
		return fmt.Errorf("reading --tls-cert-file and --tls-private-key-file: %w", err)
	}
	p.front.Certificate = files.GetCertificate
	p.behind.Go(func() {
		if err := files.Start(p.running); err != nil {
			ctrl.Log.Error(err, "A change of the certificate's files will not be seen")
		}
	})
	return nil
}

// makeCertificate serves what the keeper has, once it has something.
func (p *program) makeCertificate() error {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return fmt.Errorf("building the scheme: %w", err)
	}
	writer, err := client.New(p.config, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	meanwhile, err := certificate.Temporary(clock.RealClock{}.Now())
	if err != nil {
		return err
	}
	p.keeper = &certificate.Keeper{
		Client:     writer,
		Namespace:  p.options.certNamespace,
		Secret:     p.options.certSecret,
		ConfigMap:  p.options.certConfigMap,
		APIService: p.options.certAPIService,
		Names:      p.options.certNames,
		Clock:      clock.RealClock{},
		Log:        ctrl.Log.WithName("certificate"),
	}
	p.front.Certificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if made, err := p.keeper.GetCertificate(hello); err == nil {
			return made, nil
		}
		return meanwhile, nil
	}
	return nil
}

// serve sets everything up, trying again while the API server refuses what it
// takes, and then has the front serve.
func (p *program) serve(ctx context.Context, leftOut []string) error {
	var server *tokenserver.Server
	caches, err := tokenserver.NewCaches(ctx, p.config, tokenserver.Followed{
		Namespaces: p.options.namespaces, LeftOut: leftOut, ClusterAccounts: p.options.clusterAccounts,
	})
	if err != nil {
		return err
	}
	api, err := kubernetes.NewForConfig(p.config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	came, err := startup.Await(ctx, "0", startup.Waiting{
		Ask: func(ctx context.Context) (err error) {
			server, err = p.setUp(ctx, api, caches)
			return err
		},
		Say:  func(err error) { ctrl.Log.Error(err, "The token server can't be set up; trying again") },
		Over: "The token server is set up",
	})
	if err != nil || !came {
		return err
	}
	p.behind.Go(func() {
		if err := caches.Start(p.running); err != nil {
			ctrl.Log.Error(err, "The caches have ended")
		}
	})
	p.behind.Go(func() {
		if err := server.Run(p.running); err != nil {
			ctrl.Log.Error(err, "The server has ended")
		}
	})
	p.caches = caches
	p.front.Put(server.Handler())
	return nil
}

// setUp does what needs rights.
func (p *program) setUp(ctx context.Context, api kubernetes.Interface, caches *tokenserver.Caches) (*tokenserver.Server, error) {
	server, err := tokenserver.New(ctx, tokenserver.Config{
		Kubernetes: api,
		Issuer: &tokenserver.Issuer{
			Capabilities: caches.Capabilities(),
			Accounts:     caches.Finder(),
			Holds:        caches.Holds,
			Namespaces:   p.options.namespaces,
			Clock:        clock.RealClock{},
			ServerTime:   p.serverTime.Passed,
		},
		Synced:  caches.Synced,
		Address: p.options.address,
		Clock:   clock.RealClock{},
		Log:     ctrl.Log,
	})
	if err != nil || p.keeper == nil {
		return server, err
	}
	if err := p.keeper.Look(ctx); err != nil {
		return nil, err
	}
	changed, follow, err := p.keeper.Watch(ctx, p.config)
	if err != nil {
		return nil, err
	}
	p.behind.Go(func() {
		if err := follow(p.running); err != nil {
			ctrl.Log.Error(err, "Changes of the certificate are not heard of; it is looked at each minute")
		}
	})
	p.behind.Go(func() { p.keeper.Run(p.running, changed) })
	return server, nil
}

// stop ends what runs behind the front.
func (p *program) stop() {
	p.end()
	p.behind.Wait()
}
