package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/internal/children"
)

// applySamples does what a user would do, shows it, and remembers which objects came of it.
func (d *demo) applySamples(ctx context.Context) error {
	relative, err := filepath.Rel(d.root, d.paths.samples())
	if err != nil {
		return fmt.Errorf("naming the samples' folder: %w", err)
	}
	if err := d.view.say(line{text: "$ kubectl apply -k " + relative, head: true}); err != nil {
		return err
	}
	kubectl := exec.CommandContext(ctx, d.cluster.KubectlPath(), "apply", "-k", relative)
	kubectl.Dir = d.root
	// Without a cache of its own kubectl would leave one in ~/.kube.
	kubectl.Env = append(os.Environ(),
		"KUBECONFIG="+d.cluster.Kubeconfig(), "KUBECACHEDIR="+filepath.Join(d.folder(), "kubectl-cache"))
	kubectl.SysProcAttr = children.Attributes()
	output, err := kubectl.CombinedOutput()
	if err != nil {
		return fmt.Errorf("applying the samples: %w\n%s", err, output)
	}
	for text := range strings.Lines(string(output)) {
		if err := d.view.say(line{text: strings.TrimSuffix(text, "\n")}); err != nil {
			return err
		}
	}
	objects, err := present(ctx, d.cluster.Config)
	if err != nil {
		return err
	}
	d.samples = keysOf(objects)
	return d.view.say(hints(d.cluster.Kubeconfig(), d.cluster.KubectlPath(), objects)...)
}

// hints tell how to look on and take part from another terminal, in commands to be copied.
func hints(kubeconfig, kubectl string, objects []v1alpha1.ClientCapability) []line {
	said := []line{
		{},
		{text: "From another terminal (the second line brings a kubectl, should you have none):", head: true},
		{text: "  export KUBECONFIG=" + kubeconfig},
		{text: "  export PATH=" + filepath.Dir(kubectl) + ":$PATH"},
		{text: "  kubectl get clientcapabilities,secrets"},
	}
	if len(objects) == 0 {
		return append(said, line{})
	}
	first, last := &objects[0], &objects[len(objects)-1]
	ref := &first.Spec.AccountRef
	patch := `{"stringData":{"` + ref.Keys.AuthTokenKey() + `":"'$(openssl rand -hex 16)'"}}`
	return append(said,
		line{text: "and try, to rotate the account's AuthToken, to delete a Secret, to ask for a new token:", head: true},
		line{text: "  kubectl" + namespaced(first) + " patch secret " + ref.Name + " -p '" + patch + "'"},
		line{text: "  kubectl" + namespaced(first) + " delete secret " + first.SecretName()},
		line{text: "  kubectl" + namespaced(last) + " annotate --overwrite clientcapability " + last.Name + " \\"},
		line{text: "    " + v1alpha1.RenewRequestedAtAnnotation + "=$(date -u +%Y-%m-%dT%H:%M:%SZ)"},
		line{},
	)
}

func namespaced(c *v1alpha1.ClientCapability) string {
	if c.Namespace == "default" {
		return ""
	}
	return " -n " + c.Namespace
}
