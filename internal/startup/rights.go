package main

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// reading is something that the caches hold.
type reading struct {
	resource  schema.GroupVersionResource
	namespace string // empty for all
	// needless is what makes it needless, for who does not want to permit it.
	needless string
}

var (
	capabilities    = v1alpha1.GroupVersion.WithResource("clientcapabilities")
	clusterAccounts = v1alpha1.GroupVersion.WithResource("clusteraccounts")
	secrets         = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	namespaces      = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
)

const (
	fewerNamespaces   = "or name the namespaces that it may read in --watch-namespaces"
	noClusterAccounts = "or set --cluster-accounts=false"
)

// readings are all that the caches hold with these options.
func (o options) readings() []reading {
	var all []reading
	for _, namespace := range o.namespaces {
		all = append(all, reading{capabilities, namespace, fewerNamespaces}, reading{secrets, namespace, fewerNamespaces})
	}
	if len(o.namespaces) == 0 {
		all = []reading{{capabilities, "", fewerNamespaces}, {secrets, "", fewerNamespaces}}
	}
	if o.clusterAccounts {
		all = append(all, reading{clusterAccounts, "", noClusterAccounts}, reading{namespaces, "", noClusterAccounts})
		if len(o.namespaces) > 0 { // the accounts' Secrets, wherever they are
			all = append(all, reading{secrets, "", noClusterAccounts})
		}
	}
	return all
}

// awaitRights waits until this process may read all that its caches are to hold,
// and reports whether it may: not where ctx ended first. A cache that may not read
// would end the process after minutes, with a word on a timeout and none on the
// right that is missing.
func awaitRights(ctx context.Context, config *rest.Config, o options) (permitted bool, err error) {
	client, err := metadata.NewForConfig(config) // the names are enough, and no Secret's content is asked for
	if err != nil {
		return false, fmt.Errorf("making a client: %w", err)
	}
	left := o.readings()
	return await(ctx, o.probeAddress, waiting{
		ask: func(ctx context.Context) (err error) {
			left, err = tryReading(ctx, client, left)
			return err
		},
		say:   func(err error) { ctrl.Log.Error(err, "The operator can't read what it needs; trying again") },
		over:  "The operator can read what it needs",
		ready: errNoRights,
	})
}

var errNoRights = errors.New("the operator can't read what it needs; its log says what that is")

// tryReading returns what could not be read, and why. With many namespaces it is
// many calls, so each has its own time, and what was read once is not read again.
func tryReading(ctx context.Context, client metadata.Interface, all []reading) (left []reading, err error) {
	var errs []error
	for _, r := range all {
		if err := r.try(ctx, client); err != nil {
			left, errs = append(left, r), append(errs, err)
		}
	}
	return left, errors.Join(errs...)
}

func (r reading) try(ctx context.Context, client metadata.Interface) error {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	_, err := client.Resource(r.resource).Namespace(r.namespace).List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return r.explain(err)
	}
	return nil
}

func (r reading) explain(err error) error {
	where := "in the namespace " + r.namespace
	if r.namespace == "" {
		where = "in all namespaces"
	}
	if r.resource == clusterAccounts || r.resource == namespaces {
		where = "of the cluster"
	}
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("the operator's ServiceAccount may not list %s %s: grant it get, list and watch, as config/rbac does, %s",
			r.resource.GroupResource(), where, r.needless)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("the API server does not know %s: install the CRDs (kubectl apply -k config/crd)", r.resource.GroupResource())
	}
	return fmt.Errorf("listing %s %s: %w", r.resource.GroupResource(), where, err)
}
