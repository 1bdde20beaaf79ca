package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/hack/installed"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const (
	// tokenLasts is for the longest bench that there is.
	tokenLasts = 6 * time.Hour
	// tenant is the namespace of all objects: one namespace with very many is the hardest case for who is new in it.
	tenant      = "support"
	accountName = "twilio"
)

// stage is a control plane with the operator installed and nobody at work yet.
type stage struct {
	setup
	*installed.Operator
	cluster *controlplane.Cluster
	dir     string

	mu           sync.Mutex
	declarations map[string]*v1alpha1.ClientCapability // by name
}

func newStage(ctx context.Context, s setup) (*stage, error) {
	cluster, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		return nil, err
	}
	st := &stage{setup: s, cluster: cluster, declarations: map[string]*v1alpha1.ClientCapability{}}
	if err := st.furnish(ctx); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

func (s *stage) close() error { return errors.Join(s.cluster.Stop(), os.RemoveAll(s.dir)) }

func (s *stage) furnish(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "capability-operator-bench-"); err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	if s.Operator, err = installed.Install(ctx, s.cluster, s.repository, s.dir, tokenLasts); err != nil {
		return err
	}
	return s.lodge(ctx)
}

// lodge makes the tenant's namespace with an account in it.
func (s *stage) lodge(ctx context.Context) error {
	sid, err := hex32()
	if err != nil {
		return err
	}
	token, err := hex32()
	if err != nil {
		return err
	}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant}},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: tenant, Name: accountName, Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue},
			},
			StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: "AC" + sid, v1alpha1.DefaultAuthTokenKey: token},
		},
	} {
		if err := s.Admin.Create(ctx, object); err != nil {
			return fmt.Errorf("making the tenant's namespace and account: %w", err)
		}
	}
	return nil
}

func hex32() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("making up a credential: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
