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
	// LeaveOut is true for a program that works where it may: a namespace in which it
	// may not read does not hold up the others.
	LeaveOut bool
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

// tryReading returns what could not be read. With many namespaces it is many
// calls, so each has its own time.
func tryReading(ctx context.Context, client metadata.Interface, all []reading, s Scope) (left []refused) {
	for _, r := range all {
		if err := r.try(ctx, client, s); err != nil {
			left = append(left, refused{r, err})
		}
	}
	return left
}

// refused is a reading that failed, and why.
type refused struct {
	reading
	err error
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

var errForbidden = errors.New("the operator's ServiceAccount may not list")

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
		return fmt.Errorf("%w %s %s: grant it list and watch, as %s does, %s",
			errForbidden, r.resource.GroupResource(), where, granted, r.needless)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("the API server does not know %s: install the CRDs (kubectl apply -k config/crd)", r.resource.GroupResource())
	}
	return fmt.Errorf("listing %s %s: %w", r.resource.GroupResource(), where, err)
}
