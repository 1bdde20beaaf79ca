package plugin

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// As kubectl does, the caller is not made to wait for himself.
const (
	qps   = 50
	burst = 300
)

// Connect makes the clients of a session. It asks the API server nothing: the kinds
// that are read are known, so discovery, which is slow and fails with each aggregated
// API that is down, is not needed.
func Connect(config *rest.Config) (client.WithWatch, rest.Interface, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, nil, err
	}
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = qps, burst
	api, err := client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: newMapper()})
	if err != nil {
		return nil, nil, fmt.Errorf("making a client: %w", err)
	}
	config.APIPath, config.GroupVersion = "/apis", &tokens.GroupVersion
	config.ContentType = runtime.ContentTypeJSON
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	asking, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, nil, fmt.Errorf("making a client for tokens: %w", err)
	}
	return api, asking, nil
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme, tokens.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("collecting the kinds of the API: %w", err)
		}
	}
	return scheme, nil
}

func newMapper() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{corev1.SchemeGroupVersion, v1alpha1.GroupVersion})
	for kind, scope := range map[schema.GroupVersionKind]meta.RESTScope{
		corev1.SchemeGroupVersion.WithKind("Secret"):                meta.RESTScopeNamespace,
		corev1.SchemeGroupVersion.WithKind("Event"):                 meta.RESTScopeNamespace,
		corev1.SchemeGroupVersion.WithKind("Namespace"):             meta.RESTScopeRoot,
		v1alpha1.GroupVersion.WithKind(v1alpha1.Kind):               meta.RESTScopeNamespace,
		v1alpha1.GroupVersion.WithKind(v1alpha1.ClusterAccountKind): meta.RESTScopeRoot,
	} {
		mapper.Add(kind, scope)
	}
	return mapper
}
