package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const (
	accountName = "twilio"
	callerName  = "app"
	// fixed is a ClientCapability of one client, signed with an account of its namespace.
	fixed, fixedClient = "tommy", "tommy"
	// chosen leaves the client's name to the caller, within its own pattern and one of the ClusterAccount's: the most
	// that a request can ask to have looked at.
	chosen, chosenClient = "agents", tenant + "_agent-7"
)

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// declare creates what there is to ask for, and who may.
func (s *stage) declare(ctx context.Context) error {
	var err error
	if s.authToken, err = hex32(); err != nil {
		return err
	}
	sid, err := hex32()
	if err != nil {
		return err
	}
	secret := &corev1.Secret{
		ObjectMeta: named(tenant, accountName),
		StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: "AC" + sid, v1alpha1.DefaultAuthTokenKey: s.authToken},
	}
	secret.Labels = map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue}
	lent := secret.DeepCopy()
	lent.Namespace = operatorNamespace
	out := &v1alpha1.Outgoing{ApplicationSID: "AP" + sid, Params: map[string]v1alpha1.ParamValue{"team": "support"}}
	objects := append([]client.Object{
		&corev1.Namespace{ObjectMeta: named("", operatorNamespace)}, &corev1.Namespace{ObjectMeta: named("", tenant)}, secret, lent,
		&v1alpha1.ClusterAccount{ObjectMeta: named("", accountName), Spec: v1alpha1.ClusterAccountSpec{
			SecretRef:         v1alpha1.ClusterSecretReference{Namespace: operatorNamespace, Name: accountName},
			AllowedNamespaces: &v1alpha1.AllowedNamespaces{All: new(true)},
			Limits: &v1alpha1.Limits{
				MinTTL: "5s", MaxTTL: "2h", ClientNamePattern: v1alpha1.NamespacePlaceholder + "_[a-z0-9-]+",
				ApplicationSIDs: []v1alpha1.ApplicationSID{v1alpha1.ApplicationSID(out.ApplicationSID)},
			},
		}},
		&v1alpha1.ClientCapability{ObjectMeta: named(tenant, fixed), Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: v1alpha1.AccountReference{Name: accountName},
			ClientName: fixedClient, Incoming: true, Outgoing: out, Delivery: v1alpha1.DeliveryOnDemand,
		}},
		&v1alpha1.ClientCapability{ObjectMeta: named(tenant, chosen), Spec: v1alpha1.ClientCapabilitySpec{
			AccountRef: v1alpha1.AccountReference{Kind: v1alpha1.AccountKindClusterAccount, Name: accountName},
			Incoming:   true, Outgoing: out, Delivery: v1alpha1.DeliveryOnDemand,
			OnDemand: &v1alpha1.OnDemand{ClientNamePattern: tenant + "_agent-[0-9]{1,6}"},
		}},
	}, rights()...)
	return s.create(ctx, objects...)
}

// rights let the caller have tokens, read the token server's metrics and send to it, with the method of a request for a
// token, what does nothing but answer.
func rights() []client.Object {
	subject := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: tenant, Name: callerName}}
	return []client.Object{
		&corev1.ServiceAccount{ObjectMeta: named(tenant, callerName)},
		&rbacv1.Role{ObjectMeta: named(tenant, "tokens"), Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{tokens.GroupName}, Resources: []string{"clientcapabilities/token"},
			ResourceNames: []string{fixed, chosen}, Verbs: []string{"create"},
		}}},
		&rbacv1.RoleBinding{
			ObjectMeta: named(tenant, "tokens"), Subjects: subject,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "tokens"},
		},
		&rbacv1.ClusterRole{ObjectMeta: named("", "bench"), Rules: []rbacv1.PolicyRule{
			{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}},
			{NonResourceURLs: []string{pingPath}, Verbs: []string{"get", "post"}},
		}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: named("", "bench"), Subjects: subject,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "bench"},
		},
	}
}

func hex32() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("making up a credential: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
