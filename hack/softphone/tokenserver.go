package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/hack/installed"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

// installTokenserver applies config/ondemand but for what a node and a network are needed for, and has the API server
// send what is asked of it to the address. It returns a kubeconfig with the rights of the token server's ServiceAccount.
func installTokenserver(ctx context.Context, cluster *controlplane.Cluster, admin client.Client, address string) (kubeconfig string, err error) {
	_, digits, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("reading the token server's address: %w", err)
	}
	port, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return "", fmt.Errorf("reading the token server's port: %w", err)
	}
	manifests, err := exec.CommandContext(ctx, cluster.KubectlPath(), "kustomize", filepath.Join(checkout, "config", "ondemand")).Output()
	if err != nil {
		return "", fmt.Errorf("building config/ondemand: %w", err)
	}
	for document := range strings.SplitSeq(string(manifests), "\n---\n") {
		if err := apply(ctx, admin, document, port); err != nil {
			return "", err
		}
	}
	account := envtest.User{
		Name: "system:serviceaccount:" + installed.Namespace + ":voice-tokenserver", Groups: []string{"system:serviceaccounts"},
	}
	own, err := cluster.AddUser(ctx, account)
	if err != nil {
		return "", err
	}
	return own.Kubeconfig, nil
}

// apply creates an object as it can be here: the address of a Service can't be this machine's loopback, but the name that
// a Service stands for can.
func apply(ctx context.Context, admin client.Client, document string, port int64) error {
	object := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
		return fmt.Errorf("reading config/ondemand: %w", err)
	}
	var made client.Object = object
	switch object.GetKind() {
	case "Deployment", "PodDisruptionBudget":
		return nil
	case "Service":
		made = &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Namespace: object.GetNamespace(), Name: object.GetName()},
			Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
		}
	case "APIService":
		if err := unstructured.SetNestedField(object.Object, port, "spec", "service", "port"); err != nil {
			return fmt.Errorf("setting the port of the APIService: %w", err)
		}
	}
	if err := admin.Create(ctx, made); err != nil {
		return errors.Join(fmt.Errorf("creating %s %s", object.GetKind(), object.GetName()), err)
	}
	return nil
}
