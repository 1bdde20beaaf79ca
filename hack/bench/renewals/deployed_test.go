package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTheManagerRunsAsItsDeploymentSays(t *testing.T) {
	args, _, err := deployed(filepath.Join("..", "..", "..", "config", "manager", "deployment.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(args, "--leader-elect") {
		t.Errorf("the flags are %q, without an election", args)
	}
}

func TestVariablesOfTheDeploymentAreTakenOver(t *testing.T) {
	const manifest = `apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: manager
        args: [--leader-elect]
        env:
        - {name: GOGC, value: "50"}
        - {name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
        resources: {limits: {memory: 1Ki}}
`
	path := filepath.Join(t.TempDir(), "deployment.yaml")
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	_, environment, err := deployed(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"GOGC=50", "GOMEMLIMIT=1024"}; !slices.Equal(environment, want) {
		t.Errorf("the environment is %q, not %q", environment, want)
	}
}
