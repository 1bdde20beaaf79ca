package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// paths is where the demo finds what it shows.
type paths struct {
	root    string // of the repository
	manager string
}

func (p paths) crds() string    { return filepath.Join(p.root, "config", "crd", "bases") }
func (p paths) samples() string { return filepath.Join(p.root, "config", "samples") }

func findPaths(manager string) (paths, error) {
	executable, err := os.Executable()
	if err != nil {
		return paths{}, fmt.Errorf("finding the demo's own path: %w", err)
	}
	working, err := os.Getwd()
	if err != nil {
		return paths{}, fmt.Errorf("finding the working directory: %w", err)
	}
	beside := filepath.Dir(executable)
	root, ok := rootAbove(beside)
	if !ok {
		root, ok = rootAbove(working)
	}
	if !ok {
		return paths{}, errors.New("config/samples is neither above the demo's own folder nor above the working directory: " +
			"run `make demo` in the repository")
	}
	if manager == "" {
		manager = filepath.Join(beside, "manager")
	}
	if manager, err = filepath.Abs(manager); err != nil {
		return paths{}, fmt.Errorf("finding the manager: %w", err)
	}
	if _, err := os.Stat(manager); err != nil {
		return paths{}, fmt.Errorf("the manager is not there, run `make demo`, which builds it: %w", err)
	}
	return paths{root: root, manager: manager}, nil
}

// rootAbove looks for the repository in a folder and those above it.
func rootAbove(folder string) (string, bool) {
	for {
		if _, err := os.Stat(filepath.Join(folder, "config", "samples", "kustomization.yaml")); err == nil {
			return folder, true
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", false
		}
		folder = parent
	}
}
