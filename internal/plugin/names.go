package plugin

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// mostOffered bounds what a shell is offered for completion.
const mostOffered = 500

// Names are those of the namespace's ClientCapabilities, for a shell to offer.
func (s *Session) Names(ctx context.Context) ([]string, error) {
	list := metadataOf(v1alpha1.GroupVersion.String(), v1alpha1.Kind)
	return s.names(ctx, list, s.Namespace)
}

// Namespaces are the names of all namespaces, for a shell to offer.
func (s *Session) Namespaces(ctx context.Context) ([]string, error) {
	return s.names(ctx, metadataOf(corev1.SchemeGroupVersion.String(), "Namespace"), "")
}

// metadataOf is an empty list of which only metadata is read.
func metadataOf(apiVersion, kind string) *metav1.PartialObjectMetadataList {
	return &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: kind + "List"}}
}

func (s *Session) names(ctx context.Context, list *metav1.PartialObjectMetadataList, namespace string) ([]string, error) {
	if err := s.API.List(ctx, list, client.InNamespace(namespace), client.Limit(mostOffered)); err != nil {
		return nil, fmt.Errorf("listing names: %w", err)
	}
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].Name
	}
	return names, nil
}
