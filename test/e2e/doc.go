// Package e2e tests the operator where its users stand: its real image from its
// real manifests on a cluster with nodes, with pods that mount a token and read
// it, or ask for one, as applications would.
//
//	make test-e2e
//
// The cluster is whatever KUBECONFIG names, and must not have the operator yet:
// the tests install it, and uninstall it with all that it kept. What differs
// between clusters is told by variables:
//
//   - E2E_MANIFESTS: the kustomize folder to install, by default config/default;
//     onenode here is for a single node without a pod network or a registry.
//   - E2E_IMAGE: the operator's image, instead of the one in those manifests.
//   - E2E_ONDEMAND_MANIFESTS: the folder of the token server's, by default
//     config/ondemand; onenode/tokenserver here is for that single node.
//   - E2E_CONSUMER_IMAGE: an image whose entrypoint is the program in consumer,
//     built with CGO_ENABLED=0 and needing nothing beside it; by default
//     localhost/capability-operator-consumer:dev.
//   - E2E_CALLER_IMAGE: likewise an image that has the program in caller as
//     /capability-operator-caller, by default
//     localhost/capability-operator-caller:dev.
//   - KUBECTL: the kubectl to use, and HELM: the helm.
//   - E2E_PREVIOUS: a checkout of an earlier version, whose chart is installed
//     by Helm and then upgraded to this one's, and E2E_PREVIOUS_IMAGE its image.
//     Without it that test is left out.
//   - E2E_HELM_VALUES: a file of values for the chart, by its path in a checkout;
//     each version is installed with its own. E2E_HELM_LEVEL: the level of pod
//     security that these need, by default restricted.
//
// The tests carry the build tag e2e, so that go test ./... leaves them out. They
// take twelve minutes, nearly all of it waiting for renewals, and wait side by side:
// while the token server is there, and while it is down, the others go on. Callers
// are on their node's network, and one of them sees its processes, to kill some.
// They must know no more of the operator than a user does: its API, its manifests
// and its logs.
package e2e
