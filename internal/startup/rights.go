package startup

import (
	"cmp"
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

// Scope is what a program reads, and so what it needs the right to.
type Scope struct {
	// Namespaces are those whose declarations and accounts it reads; none for all.
	Namespaces []string
	// ClusterAccounts is true where it reads those, the labels of namespaces, and
	// accounts wherever they are.
	ClusterAccounts bool
	// Granted is where the rights stand that the program comes with, and GrantedIn
	// where those in a named namespace do, if that is another place.
	Granted, GrantedIn string
}

// readings are all that the caches hold.
func (s Scope) readings() []reading {
	var all []reading
	for _, namespace := range s.Namespaces {
		all = append(all, reading{capabilities, namespace, fewerNamespaces}, reading{secrets, namespace, fewerNamespaces})
	}
	if len(s.Namespaces) == 0 {
		all = []reading{{capabilities, "", fewerNamespaces}, {secrets, "", fewerNamespaces}}
	}
	if s.ClusterAccounts {
		all = append(all, reading{clusterAccounts, "", noClusterAccounts}, reading{namespaces, "", noClusterAccounts})
		if len(s.Namespaces) > 0 { // the accounts' Secrets, wherever they are
			all = append(all, reading{secrets, "", noClusterAccounts})
		}
	}
	return all
}

// AwaitRights waits until this process may read all that its caches are to hold,
// and reports whether it may: not where ctx ended first. A cache that may not read
// would end the process after minutes, with a word on a timeout and none on the
// right that is missing.
func AwaitRights(ctx context.Context, config *rest.Config, probeAddress string, s Scope) (permitted bool, err error) {
	client, err := metadata.NewForConfig(config) // the names are enough, and no Secret's content is asked for
	if err != nil {
		return false, fmt.Errorf("making a client: %w", err)
	}
	left := s.readings()
	return Await(ctx, probeAddress, Waiting{
		Ask: func(ctx context.Context) (err error) {
			left, err = tryReading(ctx, client, left, s)
			return err
		},
		Say:   func(err error) { ctrl.Log.Error(err, "The operator can't read what it needs; trying again") },
		Over:  "The operator can read what it needs",
		Ready: errNoRights,
	})
}

var errNoRights = errors.New("the operator can't read what it needs; its log says what that is")

// tryReading returns what could not be read, and why. With many namespaces it is
// many calls, so each has its own time, and what was read once is not read again.
func tryReading(ctx context.Context, client metadata.Interface, all []reading, s Scope) (left []reading, err error) {
	var errs []error
	for _, r := range all {
		if err := r.try(ctx, client, s); err != nil {
			left, errs = append(left, r), append(errs, err)
		}
	}
	return left, errors.Join(errs...)
}

func (r reading) try(ctx context.Context, client metadata.Interface, s Scope) error {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	_, err := client.Resource(r.resource).Namespace(r.namespace).List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return r.explain(err, s)
	}
	return nil
}

func (r reading) explain(err error, s Scope) error {
	granted := s.Granted
	if r.namespace != "" {
		granted = cmp.Or(s.GrantedIn, granted)
	}
	where := "in the namespace " + r.namespace
	if r.namespace == "" {
		where = "in all namespaces"
	}
	if r.resource == clusterAccounts || r.resource == namespaces {
		where = "of the cluster"
	}
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("the operator's ServiceAccount may not list %s %s: grant it list and watch, as %s does, %s",
			r.resource.GroupResource(), where, granted, r.needless)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("the API server does not know %s: install the CRDs (kubectl apply -k config/crd)", r.resource.GroupResource())
	}
	return fmt.Errorf("listing %s %s: %w", r.resource.GroupResource(), where, err)
}
