package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	// alone is how many namespaces have an account of their own, and lent how many share that of a ClusterAccount.
	alone, lent = 5, 3
	platform    = "platform"
	// creators is how many objects are declared at a time.
	creators = 8
)

// settle makes the namespaces and their accounts.
func (s *stage) settle(ctx context.Context) (tenants []*tenant, accounts []*account, err error) {
	shared, err := s.openAccount(ctx, platform)
	if err != nil {
		return nil, nil, err
	}
	accounts = append(accounts, shared)
	lender := &v1alpha1.ClusterAccount{
		ObjectMeta: metav1.ObjectMeta{Name: accountName},
		Spec: v1alpha1.ClusterAccountSpec{
			SecretRef:         v1alpha1.ClusterSecretReference{Namespace: platform, Name: accountName},
			AllowedNamespaces: &v1alpha1.AllowedNamespaces{},
			Limits:            &v1alpha1.Limits{MaxTTL: v1alpha1.Duration(mostTTL.String())},
		},
	}
	for i := range lent {
		name := fmt.Sprintf("tenant-%d", i)
		if err := s.create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return nil, nil, err
		}
		lender.Spec.AllowedNamespaces.Names = append(lender.Spec.AllowedNamespaces.Names, v1alpha1.NamespaceName(name))
		tenants = append(tenants, &tenant{
			namespace: name, account: shared,
			ref: v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: accountName},
		})
	}
	if err := s.create(ctx, lender); err != nil {
		return nil, nil, err
	}
	for i := range alone {
		own, err := s.openAccount(ctx, fmt.Sprintf("team-%d", i))
		if err != nil {
			return nil, nil, err
		}
		accounts = append(accounts, own)
		tenants = append(tenants, &tenant{namespace: own.namespace, account: own, ref: v1alpha1.AccountReference{Name: accountName}})
	}
	return tenants, accounts, nil
}

// openAccount makes a namespace with an account in it.
func (s *stage) openAccount(ctx context.Context, namespace string) (*account, error) {
	if err := s.create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return nil, err
	}
	a, err := newAccount(namespace)
	if err != nil {
		return nil, err
	}
	if err := a.create(ctx, s.Admin); err != nil {
		return nil, err
	}
	return a, nil
}

func (s *stage) create(ctx context.Context, object client.Object) error {
	if err := s.Admin.Create(ctx, object); err != nil {
		return fmt.Errorf("making %T %s: %w", object, object.GetName(), err)
	}
	return nil
}

// declareAll makes the objects, several at a time.
func (s *stage) declareAll(ctx context.Context, objects *registry, tenants []*tenant, random *rand.Rand) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	next := make(chan *object)
	for range creators {
		running.Go(func() {
			for o := range next {
				if err := objects.declare(ctx, s.Admin, o); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < s.objects && ctx.Err() == nil; i++ {
		next <- objects.fresh(tenants, random)
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}
