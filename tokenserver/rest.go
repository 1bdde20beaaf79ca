package tokenserver

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/util/dryrun"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

// parentREST is the resource without a verb that the library wants a subresource
// to have.
type parentREST struct{}

var (
	_ rest.Storage              = parentREST{}
	_ rest.Scoper               = parentREST{}
	_ rest.SingularNameProvider = parentREST{}
)

// New implements rest.Storage: this is the kind that discovery shows.
func (parentREST) New() runtime.Object { return &v1alpha1.TokenRequest{} }

// Destroy implements rest.Storage: there is nothing to destroy.
func (parentREST) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (parentREST) NamespaceScoped() bool { return true }

// GetSingularName implements rest.SingularNameProvider.
func (parentREST) GetSingularName() string { return "clientcapability" }

// issuing is what a tokenREST needs of an Issuer.
type issuing interface {
	Issue(ctx context.Context, key types.NamespacedName, spec v1alpha1.TokenRequestSpec) (token string, expiresAt time.Time, err error)
}

// tokenREST is the subresource token.
type tokenREST struct {
	issuer issuing
}

var (
	_ rest.NamedCreater             = &tokenREST{}
	_ rest.GroupVersionKindProvider = &tokenREST{}
	_ rest.Scoper                   = &tokenREST{}
)

// New implements rest.Storage.
func (r *tokenREST) New() runtime.Object { return &v1alpha1.TokenRequest{} }

// Destroy implements rest.Storage: there is nothing to destroy.
func (r *tokenREST) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (r *tokenREST) NamespaceScoped() bool { return true }

// GroupVersionKind implements rest.GroupVersionKindProvider.
func (r *tokenREST) GroupVersionKind(schema.GroupVersion) schema.GroupVersionKind {
	return v1alpha1.GroupVersion.WithKind("TokenRequest")
}

// Create implements rest.NamedCreater. With dryRun, everything is decided and
// nothing is handed out: the answer says when the token would expire.
func (r *tokenREST) Create(ctx context.Context, name string, body runtime.Object, _ rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	asked, ok := body.(*v1alpha1.TokenRequest)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("the body is no TokenRequest but a %T", body))
	}
	key := types.NamespacedName{Namespace: request.NamespaceValue(ctx), Name: name}
	decision := decisionFrom(ctx)
	decision.askedFor(asked.Spec)
	if asked.Name != "" && asked.Name != name {
		return nil, apierrors.NewBadRequest("metadata.name must be left out, or be the name of the ClientCapability in the path")
	}
	if asked.GenerateName != "" {
		return nil, apierrors.NewBadRequest("metadata.generateName must be left out: nothing is stored")
	}
	token, expiresAt, err := r.issuer.Issue(ctx, key, asked.Spec)
	if err != nil {
		decision.refusedFor(err)
		return nil, err
	}
	answer := &v1alpha1.TokenRequest{
		ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace},
		Spec:       asked.Spec,
		Status:     v1alpha1.TokenRequestStatus{Token: token, ExpiresAt: metav1.NewTime(expiresAt)},
	}
	if dryrun.IsDryRun(options.DryRun) {
		answer.Status.Token = ""
	}
	return answer, nil
}
