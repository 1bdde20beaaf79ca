package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/issuance"
)

// cluster reads one ClusterAccount and one namespace from memory. It counts the
// reads of namespaces; accountErr and namespaceErr, where set, are what reads give.
type cluster struct {
	client.Reader
	account                  *v1alpha1.ClusterAccount
	labels                   map[string]string // nil: there is no such namespace
	accountErr, namespaceErr error
	looked                   int
}

func (c *cluster) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	missing := apierrors.NewNotFound(v1alpha1.GroupVersion.WithResource("clusteraccounts").GroupResource(), key.Name)
	switch target := into.(type) {
	case *v1alpha1.ClusterAccount:
		switch {
		case c.accountErr != nil:
			return c.accountErr
		case c.account == nil || key != client.ObjectKeyFromObject(c.account):
			return missing
		}
		c.account.DeepCopyInto(target)
	case *metav1.PartialObjectMetadata:
		c.looked++
		switch {
		case c.namespaceErr != nil:
			return c.namespaceErr
		case c.labels == nil || key != (client.ObjectKey{Name: "support"}):
			return missing
		}
		target.Name, target.Labels = key.Name, c.labels
	default:
		return fmt.Errorf("a %T was asked for", into)
	}
	return nil
}

func production(changes ...func(*v1alpha1.ClusterAccount)) *v1alpha1.ClusterAccount {
	lent := &v1alpha1.ClusterAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "production"},
		Spec: v1alpha1.ClusterAccountSpec{
			SecretRef:         v1alpha1.ClusterSecretReference{Namespace: "voice-platform", Name: "twilio"},
			AllowedNamespaces: &v1alpha1.AllowedNamespaces{Names: []v1alpha1.NamespaceName{"support"}},
			Limits:            &v1alpha1.Limits{MaxTTL: "1h"},
		},
	}
	for _, change := range changes {
		change(lent)
	}
	return lent
}

func bySelector(lent *v1alpha1.ClusterAccount) {
	lent.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
		Selector: &v1alpha1.NamespaceSelector{MatchLabels: map[string]v1alpha1.LabelValue{"team": "support"}},
	}
}

func inPlatform(s *corev1.Secret) { s.Namespace = "voice-platform" }

func TestFindByAClusterAccount(t *testing.T) {
	ordinary := map[string]string{v1alpha1.DefaultAccountSIDKey: sid, v1alpha1.DefaultAuthTokenKey: token}
	lent := func(changes ...func(*v1alpha1.ClusterAccount)) *cluster {
		return &cluster{account: production(changes...)}
	}
	with := func(account issuance.Account, spec v1alpha1.ClusterAccountSpec, labels map[string]string) issuance.Account {
		account.Terms = &issuance.Terms{Allowed: spec.AllowedNamespaces, Limits: spec.Limits, NamespaceLabels: labels}
		return account
	}
	whole := found(v1alpha1.DefaultAccountSIDKey, sid, v1alpha1.DefaultAuthTokenKey, token)
	named := func(lent *v1alpha1.ClusterAccount) {
		lent.Spec.SecretRef.Keys = &v1alpha1.AccountKeys{AccountSID: "sid", AuthToken: "auth"}
	}
	for name, test := range map[string]struct {
		cluster *cluster
		secret  *corev1.Secret
		want    issuance.Account
		looked  int
	}{
		"its Secret is found, with its terms": {
			cluster: lent(), secret: account(ordinary, inPlatform), want: with(whole, production().Spec, nil),
		},
		"its Secret has keys of other names": {
			cluster: lent(named), secret: account(map[string]string{"sid": sid, "auth": token}, inPlatform),
			want: with(found("sid", sid, "auth", token), production().Spec, nil),
		},
		"its Secret is not that of the tenant": {
			cluster: lent(), secret: account(ordinary), want: with(issuance.Account{}, production().Spec, nil),
		},
		"its Secret has no label": {
			cluster: lent(), secret: account(ordinary, inPlatform, func(s *corev1.Secret) { s.Labels = nil }),
			want: with(issuance.Account{}, production().Spec, nil),
		},
		"it is another": {
			cluster: lent(func(lent *v1alpha1.ClusterAccount) { lent.Name = "staging" }), secret: account(ordinary, inPlatform),
		},
		"it is being deleted": {
			cluster: lent(func(lent *v1alpha1.ClusterAccount) {
				lent.DeletionTimestamp = &metav1.Time{Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
			}),
			secret: account(ordinary, inPlatform),
		},
		"the labels of the namespace are read where they decide": {
			cluster: &cluster{account: production(bySelector), labels: map[string]string{"team": "support"}}, secret: account(ordinary, inPlatform),
			want: with(whole, production(bySelector).Spec, map[string]string{"team": "support"}), looked: 1,
		},
		"labels that are not known are not taken for none": {
			cluster: &cluster{account: production(bySelector)}, secret: account(ordinary, inPlatform),
			want: with(whole, production(bySelector).Spec, nil), looked: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			finder := &accounts.Finder{Secrets: secrets{held: []*corev1.Secret{test.secret}}, Cluster: test.cluster}
			got, err := finder.Find(t.Context(), "support", v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: "production"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if test.cluster.looked != test.looked {
				t.Errorf("namespaces were read %d times", test.cluster.looked)
			}
		})
	}
}

func TestNoClusterAccountIsFoundWhereTheyAreOff(t *testing.T) {
	finder := &accounts.Finder{Secrets: secrets{held: []*corev1.Secret{account(map[string]string{v1alpha1.DefaultAccountSIDKey: sid})}}}
	got, err := finder.Find(t.Context(), "support", v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: "twilio"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(issuance.Account{Off: true}, got); diff != "" {
		t.Error(diff)
	}
	if got, err = finder.Find(t.Context(), "support", v1alpha1.AccountReference{Name: "twilio"}); err != nil || !got.Found || got.Off {
		t.Errorf("a Secret of the namespace is found: %+v, %v", got, err)
	}
}

func TestAFailedReadIsNoMissingClusterAccount(t *testing.T) {
	refused := errors.New("connection refused")
	for name, finder := range map[string]*accounts.Finder{
		"of the ClusterAccount": {Cluster: &cluster{accountErr: refused}},
		"of the namespace":      {Cluster: &cluster{account: production(bySelector), namespaceErr: refused}},
		"of its Secret":         {Cluster: &cluster{account: production()}, Secrets: secrets{err: refused}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := finder.Find(t.Context(), "support", v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: "production"})
			if !errors.Is(err, refused) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestTheCacheKeepsOfANamespaceAndAnAccountWhatIsRead(t *testing.T) {
	noise := metav1.ObjectMeta{
		Name: "support", UID: "uid", ResourceVersion: "7", Labels: map[string]string{"team": "support"},
		Annotations: map[string]string{"scheduler": "a lot"}, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
	}
	namespace := accounts.Namespace()
	namespace.ObjectMeta = *noise.DeepCopy()
	got, err := cachedKind[*metav1.PartialObjectMetadata](t).Transform(namespace)
	if err != nil {
		t.Fatal(err)
	}
	want := accounts.Namespace()
	want.ObjectMeta = metav1.ObjectMeta{Name: "support", UID: "uid", ResourceVersion: "7", Labels: noise.Labels}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Error(diff)
	}
	lent := production()
	lent.ObjectMeta = *noise.DeepCopy()
	lent.Generation, lent.Finalizers = 3, []string{"example.com/hold"}
	if got, err = cachedKind[*v1alpha1.ClusterAccount](t).Transform(lent); err != nil {
		t.Fatal(err)
	}
	wanted := production()
	wanted.ObjectMeta = want.ObjectMeta
	wanted.Generation, wanted.Finalizers = 3, []string{"example.com/hold"}
	if diff := cmp.Diff(any(wanted), got); diff != "" {
		t.Error(diff)
	}
}
