package main

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// served is what a cluster serves at present.
type served struct {
	meta.RESTMapper
	kinds map[string]*meta.RESTMapping
}

var errNotServed = errors.New("not served")

func (s served) RESTMapping(kind schema.GroupKind, _ ...string) (*meta.RESTMapping, error) {
	if mapping, ok := s.kinds[kind.Kind]; ok {
		return mapping, nil
	}
	return nil, errNotServed
}

func TestAKindThatWasFoundIsRememberedAndOneThatWasNotIsLookedForAgain(t *testing.T) {
	cluster := served{kinds: map[string]*meta.RESTMapping{"Secret": {}}}
	m := &mapper{RESTMapper: cluster}
	secret, account := schema.GroupKind{Kind: "Secret"}, schema.GroupKind{Group: "voice.capability-operator.io", Kind: "ClusterAccount"}

	found, err := m.RESTMapping(secret, "v1")
	if err != nil || found != cluster.kinds["Secret"] {
		t.Fatalf("a kind that is served gives %v, %v", found, err)
	}
	if _, err := m.RESTMapping(account, "v1alpha1"); !errors.Is(err, errNotServed) {
		t.Fatalf("a kind that is not served gives %v", err)
	}
	cluster.kinds["ClusterAccount"] = &meta.RESTMapping{}
	delete(cluster.kinds, "Secret")
	if _, err := m.RESTMapping(account, "v1alpha1"); err != nil {
		t.Errorf("a kind that is served now gives %v", err)
	}
	if again, err := m.RESTMapping(secret, "v1"); err != nil || again != found {
		t.Errorf("a kind that was found gives %v, %v", again, err)
	}
}
