//go:build e2e

package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

const operatorNamespace = "capability-operator-system"

var (
	objects client.Client
	core    kubernetes.Interface // for what objects can't do: logs, and requests to subresources
	cluster *rest.Config
	results = &report{}
)

func TestMain(m *testing.M) {
	begun := time.Now()
	if err := connect(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	results.print(os.Stdout, time.Since(begun))
	os.Exit(code)
}

func connect() error {
	path := os.Getenv("KUBECONFIG")
	if path == "" {
		// No default: the tests install and uninstall, and must not do so in a cluster that nobody named.
		return errors.New("KUBECONFIG must name the cluster to test on")
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return fmt.Errorf("reading KUBECONFIG: %w", err)
	}
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	cluster = config
	log.SetLogger(logr.Discard())
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	if objects, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	core, err = kubernetes.NewForConfig(config)
	return err
}

func TestTheOperatorOnACluster(t *testing.T) {
	refuseToReplace(t)
	t.Cleanup(func() { uninstallWhatIsLeft(t) })
	if !t.Run("is installed, runs without root and elects a leader", testInstallation) {
		t.Fatal("nothing else can be tested where it is not")
	}
	t.Run("keeps the samples filled with tokens that verify", testSamples)
	t.Run("lends an account to another namespace, and takes it back", testLending)
	t.Run("meanwhile", func(t *testing.T) {
		// These wait for minutes, and side by side.
		for name, test := range map[string]func(*testing.T){
			"a pod never reads an expired token over two renewals":                                                         testTwoRenewals,
			"a pod never reads an expired token though the operator is killed, the account rotated and the Secret deleted": testFaults,
			"a pod does read expired tokens where the policy warns of it":                                                  testWarnedOf,
			"its manifests pass in a namespace that enforces restricted":                                                   testRestricted,
			"its policy has no type errors":                                                                                testPolicyTypes,
			"a token server beside it answers callers":                                                                     testTokensOnDemand,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t)
			})
		}
	})
	t.Run("was refused nothing, and logged no secret", testLogs)
	t.Run("takes with it what it made, and nothing else, and finds its own again", testUninstallation)
}
