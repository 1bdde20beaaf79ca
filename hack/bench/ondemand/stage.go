package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
)

const (
	operatorNamespace = "capability-operator-system"
	tenant            = "support"
	// audience is whom a token for the straight way must be for.
	audience = "capability-operator"
)

// stage is a control plane with a token server behind it, and a caller who may have tokens.
type stage struct {
	setup
	cluster *controlplane.Cluster
	api     client.Client
	typed   kubernetes.Interface
	server  *server
	// authority is what the token server has published to know its certificate by.
	authority []byte
	authToken string
	// environment is what config/ondemand gives the token server, and account its ServiceAccount.
	environment []string
	account     string
	bearer      string          // of the caller, for the API server
	straight    string          // of the caller, for the token server
	probe       *http.Transport // to read the token server's metrics by
}

func newStage(ctx context.Context, s setup) (*stage, error) {
	if s.profiles != "" {
		if err := os.MkdirAll(s.profiles, 0o750); err != nil {
			return nil, fmt.Errorf("making the folder for profiles: %w", err)
		}
	}
	cluster, err := controlplane.Start(ctx, controlplane.Options{
		CRDPaths: []string{filepath.Join(s.repository, "config", "crd", "bases")}, FrontProxy: true,
	})
	if err != nil {
		return nil, err
	}
	st := &stage{setup: s, cluster: cluster}
	if err := st.furnish(ctx); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

func (s *stage) close() error {
	var err error
	if s.server != nil {
		err = s.server.stop()
	}
	return errors.Join(err, s.cluster.Stop())
}

func (s *stage) furnish(ctx context.Context) (err error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return fmt.Errorf("building the scheme: %w", err)
	}
	if s.api, err = client.New(s.cluster.Config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if s.typed, err = kubernetes.NewForConfig(s.cluster.Config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if err := s.declare(ctx); err != nil {
		return err
	}
	if err := s.install(ctx); err != nil {
		return err
	}
	own, err := s.cluster.AddUser(ctx, envtest.User{
		Name: "system:serviceaccount:" + operatorNamespace + ":" + s.account, Groups: []string{"system:serviceaccounts"},
	})
	if err != nil {
		return err
	}
	if s.server, err = startServer(ctx, s.setup, s.environment, own.Kubeconfig); err != nil {
		return err
	}
	if err := s.register(ctx); err != nil {
		return err
	}
	if s.bearer, err = s.tokenFor(ctx); err != nil {
		return err
	}
	s.straight, err = s.tokenFor(ctx, audience)
	return err
}

// install applies config/ondemand, but for what a node and a network are needed for.
func (s *stage) install(ctx context.Context) error {
	manifests, err := exec.CommandContext(ctx, s.cluster.KubectlPath(), "kustomize", filepath.Join(s.repository, "config", "ondemand")).Output()
	if err != nil {
		return fmt.Errorf("reading config/ondemand: %w", err)
	}
	for document := range strings.SplitSeq(string(manifests), "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
			return fmt.Errorf("reading config/ondemand: %w", err)
		}
		switch object.GetKind() {
		case "Deployment":
			if err := s.deploy(object); err != nil {
				return err
			}
		case "PodDisruptionBudget", "Service", "APIService":
		default:
			if err := s.create(ctx, object); err != nil {
				return err
			}
		}
	}
	return nil
}

// deploy notes what the Deployment gives the token server, which runs here without a node.
func (s *stage) deploy(object *unstructured.Unstructured) error {
	deployed := &appsv1.Deployment{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, deployed); err != nil {
		return fmt.Errorf("reading the Deployment in config/ondemand: %w", err)
	}
	pod := deployed.Spec.Template.Spec
	s.account = pod.ServiceAccountName
	for _, variable := range pod.Containers[0].Env {
		if variable.ValueFrom == nil { // only a node knows the others
			s.environment = append(s.environment, variable.Name+"="+variable.Value)
		}
	}
	return nil
}

func (s *stage) create(ctx context.Context, objects ...client.Object) error {
	for _, object := range objects {
		if err := s.api.Create(ctx, object); err != nil {
			return fmt.Errorf("creating %T %s: %w", object, object.GetName(), err)
		}
	}
	return nil
}

// tokenFor is a token of the caller's ServiceAccount, for the API server where no audience is named.
func (s *stage) tokenFor(ctx context.Context, audiences ...string) (string, error) {
	asked := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		Audiences: audiences, ExpirationSeconds: new(int64(6 * 3600)),
	}}
	made, err := s.typed.CoreV1().ServiceAccounts(tenant).CreateToken(ctx, callerName, asked, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("asking for a token of the caller: %w", err)
	}
	return made.Status.Token, nil
}
