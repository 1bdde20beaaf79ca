package controlplane

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// User is somebody whom the API server knows by a certificate.
type User struct {
	// Config reaches the API server as this user, with no rate limit on the client's side.
	Config *rest.Config
	// Kubeconfig is the path of a kubeconfig file for the same, for child processes.
	Kubeconfig string
}

// AddUser makes a user who may do what the rules say in every namespace, and beyond that only what every authenticated
// user and the named groups may. It returns when the rules are in force. To act as a ServiceAccount take its name,
// "system:serviceaccount:NAMESPACE:NAME", and the groups "system:serviceaccounts" and
// "system:serviceaccounts:NAMESPACE".
func (c *Cluster) AddUser(ctx context.Context, user envtest.User, rules ...rbacv1.PolicyRule) (*User, error) {
	authenticated, err := c.env.AddUser(user, nil)
	if err != nil {
		return nil, fmt.Errorf("adding user %s: %w", user.Name, err)
	}
	content, err := authenticated.KubeConfig()
	if err != nil {
		return nil, fmt.Errorf("making a kubeconfig for %s: %w", user.Name, err)
	}
	added := &User{
		Config:     unlimited(authenticated.Config()),
		Kubeconfig: filepath.Join(c.dir, "kubeconfig-"+strings.NewReplacer(":", "-", "/", "-").Replace(user.Name)),
	}
	if err := writeKubeconfig(added.Kubeconfig, content); err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return added, nil
	}
	if err := c.grant(ctx, user.Name, rules); err != nil {
		return nil, fmt.Errorf("granting rights to %s: %w", user.Name, err)
	}
	if err := awaitGrant(ctx, added, rules[0]); err != nil {
		return nil, fmt.Errorf("waiting for the rights of %s to be in force: %w", user.Name, err)
	}
	return added, nil
}

func (c *Cluster) grant(ctx context.Context, user string, rules []rbacv1.PolicyRule) error {
	api, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	named := metav1.ObjectMeta{Name: "granted-to:" + user}
	role := &rbacv1.ClusterRole{ObjectMeta: named, Rules: rules}
	if _, err := api.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return err
	}
	_, err = api.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: named,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}, metav1.CreateOptions{})
	return err
}

// awaitGrant waits until the API server's own watch of roles and bindings has brought the grant: all its rules come at
// once, so asking for one of them tells.
func awaitGrant(ctx context.Context, user *User, rule rbacv1.PolicyRule) error {
	api, err := kubernetes.NewForConfig(user.Config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	review := &authorizationv1.SelfSubjectAccessReview{}
	if len(rule.NonResourceURLs) > 0 {
		review.Spec.NonResourceAttributes = &authorizationv1.NonResourceAttributes{
			Path: rule.NonResourceURLs[0], Verb: rule.Verbs[0],
		}
	} else {
		resource, subresource, _ := strings.Cut(rule.Resources[0], "/")
		review.Spec.ResourceAttributes = &authorizationv1.ResourceAttributes{
			Group: rule.APIGroups[0], Resource: resource, Subresource: subresource, Verb: rule.Verbs[0],
			Name: strings.Join(rule.ResourceNames[:min(1, len(rule.ResourceNames))], ""),
		}
	}
	allowed := func(ctx context.Context) (bool, error) {
		answer, err := api.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed, err
	}
	return wait.PollUntilContextTimeout(ctx, pollInterval, startTimeout, true, allowed)
}

func writeKubeconfig(path string, content []byte) error {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return nil
}

// unlimited is a config whose clients leave fairness to the API server, as the operator's own do.
func unlimited(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = -1, 0
	return config
}
