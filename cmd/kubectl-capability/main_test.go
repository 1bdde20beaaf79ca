package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/go-logr/logr"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// update writes the transcripts, and the objects that they are of, anew: go test ./cmd/kubectl-capability -update
var update = flag.Bool("update", false, "write the transcripts of testdata anew")

// asProgram has the test's binary be the program, so that kubectl can call it.
const asProgram = "KUBECTL_CAPABILITY_AS_PROGRAM"

// cluster is shared by all tests: each has a namespace of its own.
var cluster *controlplane.Cluster

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(context.Background(), newCommand(os.Args[1:], genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}, os.Getenv, nil)))
	}
	flag.Parse()
	ctrllog.SetLogger(logr.Discard())
	var err error
	cluster, err = controlplane.Start(context.Background(), controlplane.Options{CRDPaths: []string{"../../config/crd/bases"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
