package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	assetsVariable = "KUBEBUILDER_ASSETS"

	etcd                  = "etcd"
	kubeAPIServer         = "kube-apiserver"
	kubeControllerManager = "kube-controller-manager"
	kubectl               = "kubectl"
)

// ErrNoPrograms says that the programs of a control plane are not where they were looked for.
var ErrNoPrograms = errors.New("no control plane programs")

const getPrograms = "run `make test`, or set " + assetsVariable + "=$(hack/controlplane/build)"

// programs are the paths of the control plane's executables by their names.
type programs map[string]string

func (p programs) path(name string) string { return p[name] }

func findPrograms(withControllerManager bool) (programs, error) {
	folder := os.Getenv(assetsVariable)
	if folder == "" {
		return nil, fmt.Errorf("%w: %s is not set; %s", ErrNoPrograms, assetsVariable, getPrograms)
	}
	names := []string{etcd, kubeAPIServer, kubectl}
	if withControllerManager {
		names = append(names, kubeControllerManager)
	}
	found := programs{}
	for _, name := range names {
		path, err := filepath.Abs(filepath.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("finding %s: %w", name, err)
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("%w: %s, named by %s, has no %s; unset it and %s",
				ErrNoPrograms, folder, assetsVariable, name, getPrograms)
		}
		found[name] = path
	}
	return found, nil
}

// guarded puts a starter for each long-running program into dir. A starter notes its process id where the guard looks
// for it and becomes the program, because envtest tells nobody the ids of what it starts.
func (p programs) guarded(dir string) (programs, error) {
	starters := programs{}
	for name, path := range p {
		if name == kubectl {
			starters[name] = path
			continue
		}
		starters[name] = filepath.Join(dir, name+".sh")
		script := fmt.Sprintf("#!/bin/sh\necho $$ >%s\nexec %s \"$@\"\n", quote(pidFile(dir, name)), quote(path))
		if err := os.WriteFile(starters[name], []byte(script), 0o700); err != nil {
			return nil, fmt.Errorf("writing the starter of %s: %w", name, err)
		}
	}
	return starters, nil
}

func quote(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }
