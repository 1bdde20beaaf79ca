package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// mapper remembers which resource a kind is served as. The library's own sorts all
// that the cluster serves for each patch whose answer is metadata alone: an eighth
// of what a renewal allocates.
type mapper struct {
	meta.RESTMapper
	known sync.Map // of the group, kind and versions that were asked for, to *meta.RESTMapping
}

// newMapper is a manager.Options.MapperProvider.
func newMapper(config *rest.Config, client *http.Client) (meta.RESTMapper, error) {
	dynamic, err := apiutil.NewDynamicRESTMapper(config, client)
	if err != nil {
		return nil, fmt.Errorf("setting up what tells resources from kinds: %w", err)
	}
	return &mapper{RESTMapper: dynamic}, nil
}

// RESTMapping implements meta.RESTMapper. What is not served may be tomorrow, so
// only what was found is remembered.
func (m *mapper) RESTMapping(kind schema.GroupKind, versions ...string) (*meta.RESTMapping, error) {
	key := kind.String() + " " + strings.Join(versions, " ")
	if mapping, ok := m.known.Load(key); ok {
		return mapping.(*meta.RESTMapping), nil
	}
	mapping, err := m.RESTMapper.RESTMapping(kind, versions...)
	if err == nil {
		m.known.Store(key, mapping)
	}
	return mapping, err
}
