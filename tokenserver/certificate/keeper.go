package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// SecretType is the type of the Secret: it can't be changed, so the server can be
// kept to Secrets of it, and none of them can be made into a credential.
const SecretType corev1.SecretType = "voice.capability-operator.io/serving-certificate"

// lookEvery is the time between two looks at what is there. Changes are heard of at
// once; this is for what nobody tells, which is that time has passed.
const lookEvery = time.Minute

// Keeper keeps the certificate.
type Keeper struct {
	// Client reads and writes, without a cache.
	Client client.Client
	// Namespace is that of the Secret and the ConfigMap.
	Namespace string
	// Secret, ConfigMap and APIService are their names. An APIService that does
	// not exist is left alone.
	Secret, ConfigMap, APIService string
	// Names are those that the certificate is for: host names and addresses.
	Names []string
	Clock clock.WithTicker
	Log   logr.Logger

	shown atomic.Pointer[tls.Certificate]
}

var (
	errNone     = errors.New("there is no certificate yet")
	errRaced    = errors.New("another replica has written the Secret meanwhile")
	errWrongUse = errors.New("the Secret is of another type, so it is not this server's; delete it, or name another")
)

// GetCertificate is what tls.Config takes.
func (k *Keeper) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if shown := k.shown.Load(); shown != nil {
		return shown, nil
	}
	return nil, errNone
}

// Run keeps everything right until ctx ends. Changed tells of changes; it may be
// nil.
func (k *Keeper) Run(ctx context.Context, changed <-chan struct{}) {
	ticker := k.Clock.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := k.Look(ctx); err != nil && ctx.Err() == nil {
			k.Log.Error(err, "The server's certificate can't be kept; what it shows stays as it is")
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-ticker.C():
		}
	}
}

// Look makes and renews what is due, shows what the Secret holds, and publishes the
// authority.
func (k *Keeper) Look(ctx context.Context) error {
	held, err := k.held(ctx)
	for tries := 1; errors.Is(err, errRaced) && tries < 3; tries++ {
		held, err = k.held(ctx)
	}
	if err != nil {
		return err
	}
	k.shown.Store(&tls.Certificate{
		Certificate: [][]byte{held.serving.Raw},
		PrivateKey:  held.servingKey,
		Leaf:        held.serving,
	})
	bundle := held.bundle()
	return errors.Join(k.publish(ctx, bundle), k.register(ctx, bundle))
}

// held is what the Secret holds, once it holds what it should.
func (k *Keeper) held(ctx context.Context) (*pair, error) {
	secret := &corev1.Secret{}
	err := k.Client.Get(ctx, client.ObjectKey{Namespace: k.Namespace, Name: k.Secret}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return k.create(ctx)
	case err != nil:
		return nil, fmt.Errorf("reading the Secret: %w", err)
	case secret.Type != SecretType:
		return nil, fmt.Errorf("%s/%s: %w", k.Namespace, k.Secret, errWrongUse)
	}
	held, next, err := k.due(secret.Data)
	switch {
	case err != nil:
		return nil, err
	case next == nil:
		return held, nil
	}
	if secret.Data, err = next.write(); err != nil {
		return nil, err
	}
	return next, k.written(k.Client.Update(ctx, secret), next)
}

// due is what the Secret holds, and what it should hold instead; nil where that is
// the same.
func (k *Keeper) due(data map[string][]byte) (held, next *pair, err error) {
	held, err = read(data)
	if err != nil {
		k.Log.Info("The Secret holds no certificate that can be used, so one is made", "secret", k.Secret, "why", err.Error())
		next, err = fresh(k.Names, k.Clock.Now())
		return nil, next, err
	}
	next, err = held.renewed(k.Names, k.Clock.Now())
	return held, next, err
}

func (k *Keeper) create(ctx context.Context) (*pair, error) {
	made, err := fresh(k.Names, k.Clock.Now())
	if err != nil {
		return nil, err
	}
	data, err := made.write()
	if err != nil {
		return nil, err
	}
	return made, k.written(k.Client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.Namespace, Name: k.Secret},
		Type:       SecretType,
		Data:       data,
	}), made)
}

func (k *Keeper) written(err error, made *pair) error {
	switch {
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), apierrors.IsNotFound(err):
		return errRaced
	case err != nil:
		return fmt.Errorf("writing the Secret: %w", err)
	}
	k.Log.Info("Wrote the server's certificate", "secret", k.Secret, "until", made.serving.NotAfter,
		"authorities", len(made.authorities), "authorityUntil", made.authorities[0].NotAfter)
	return nil
}

// publish puts the authority where callers find it.
func (k *Keeper) publish(ctx context.Context, bundle []byte) error {
	published := &corev1.ConfigMap{}
	key := client.ObjectKey{Namespace: k.Namespace, Name: k.ConfigMap}
	err := k.Client.Get(ctx, key, published)
	switch {
	case apierrors.IsNotFound(err):
		published.Namespace, published.Name = key.Namespace, key.Name
		published.Data = map[string]string{AuthorityKey: string(bundle)}
		err = k.Client.Create(ctx, published)
	case err == nil && published.Data[AuthorityKey] != string(bundle):
		if published.Data == nil {
			published.Data = map[string]string{}
		}
		published.Data[AuthorityKey] = string(bundle)
		err = k.Client.Update(ctx, published)
	}
	if err != nil && !raced(err) {
		return fmt.Errorf("publishing the authority in the ConfigMap: %w", err)
	}
	return nil
}

// register tells the API server by which authority it knows this server.
func (k *Keeper) register(ctx context.Context, bundle []byte) error {
	registered := APIService()
	err := k.Client.Get(ctx, client.ObjectKey{Name: k.APIService}, registered)
	switch {
	case apierrors.IsNotFound(err):
		return nil // only called straight
	case err != nil:
		return fmt.Errorf("reading the APIService: %w", err)
	}
	if bytes.Equal(authorityOf(registered), bundle) {
		return nil
	}
	if err := k.Client.Patch(ctx, registered, authorityPatch(bundle)); err != nil {
		return fmt.Errorf("writing the authority into the APIService: %w", err)
	}
	k.Log.Info("Wrote the authority into the APIService", "apiService", k.APIService)
	return nil
}

// raced reports whether another replica was quicker, which then wrote the same.
func raced(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
