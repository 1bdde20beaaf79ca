package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tokens "github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	"github.com/capability-operator/capability-operator/tokenserver/certificate"
)

// register has the API server know the token server, and waits until it does. An address of a Service can't be this
// machine's loopback, but the name that a Service stands for can.
func (s *stage) register(ctx context.Context) error {
	_, port, err := net.SplitHostPort(s.server.address)
	if err != nil {
		return fmt.Errorf("reading the token server's address: %w", err)
	}
	number, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		return fmt.Errorf("reading the token server's port: %w", err)
	}
	registered := certificate.APIService()
	registered.SetName(tokens.GroupVersion.Version + "." + tokens.GroupName)
	registered.Object["spec"] = map[string]any{
		"group": tokens.GroupName, "version": tokens.GroupVersion.Version,
		"groupPriorityMinimum": int64(100), "versionPriority": int64(15),
		"service": map[string]any{"namespace": operatorNamespace, "name": "tokenserver", "port": number},
	}
	service := &corev1.Service{
		ObjectMeta: named(operatorNamespace, "tokenserver"),
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	}
	if err := s.create(ctx, service, registered); err != nil {
		return err
	}
	var last error
	available := func(ctx context.Context) (bool, error) {
		last = s.api.Get(ctx, client.ObjectKeyFromObject(registered), registered)
		return last == nil && isAvailable(registered), nil
	}
	if err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 2*time.Minute, true, available); err != nil {
		return fmt.Errorf("waiting for the API server to reach the token server: %w: %s", errors.Join(err, last), s.server.log)
	}
	published := &corev1.ConfigMap{}
	if err := s.api.Get(ctx, client.ObjectKey{Namespace: operatorNamespace, Name: "tokenserver-ca"}, published); err != nil {
		return fmt.Errorf("reading the authority that the token server publishes: %w", err)
	}
	s.authority = []byte(published.Data["ca.crt"])
	return nil
}

func isAvailable(registered *unstructured.Unstructured) bool {
	conditions, _, err := unstructured.NestedSlice(registered.Object, "status", "conditions")
	if err != nil {
		return false
	}
	for _, one := range conditions {
		if condition, ok := one.(map[string]any); ok && condition["type"] == "Available" && condition["status"] == "True" {
			return true
		}
	}
	return false
}
