package chart_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestTheChartIsLinted(t *testing.T) {
	if printed := mustHelm(t, "lint", "--strict", chart); strings.Contains(printed, "WARNING") {
		t.Error(printed)
	}
}

// everything is what a platform team may write that leaves no value out.
const everything = `
commonLabels: {team: voice}
commonAnnotations: {example.org/owner: voice}
image:
  repository: my-registry/capability-operator
  tag: v0.1.0
  digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
  pullPolicy: Always
  pullSecrets: [{name: registry}]
replicas: 3
leaderElection: {id: voice}
watchNamespaces: [support, sales]
allowedMetadataPrefixes: []
maxConcurrentReconciles: 32
logLevel: debug
extraArgs: [--twilio-api-url=https://api.twilio.com]
extraEnv: [{name: GOGC, value: "200"}, {name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]
crds: {keep: false}
serviceAccount: {name: voice-capability-operator, annotations: {example.org/owner: voice}}
healthProbe: {port: 9081}
metrics:
  port: 9443
  perObject: false
  certificateSecret: metrics-certificate
  serviceMonitor: {enabled: true, interval: 1m, scrapeTimeout: 20s, tlsConfig: {serverName: voice}, labels: {release: prometheus}}
  prometheusRule: {enabled: true, labels: {release: prometheus}}
  dashboard: {enabled: true, labels: {grafana_dashboard: voice}, annotations: {grafana_folder: Voice}}
updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}
podDisruptionBudget: {enabled: true, minAvailable: 2}
resources: {limits: {memory: 1Gi}}
topologySpreadConstraints:
- {topologyKey: topology.kubernetes.io/zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}
- {topologyKey: kubernetes.io/hostname, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {team: voice}}}
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: Exists}]}]}}}
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{key: voice, operator: Exists, effect: NoSchedule}]
priorityClassName: system-cluster-critical
podLabels: {sidecar: none}
podAnnotations: {example.org/scrape: "no"}
networkPolicy:
  enabled: true
  verify: true
  apiServerCIDRs: [192.0.2.10/32]
  apiServerPorts: [6443]
  metricsFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
  extraIngress: [{from: [{podSelector: {}}], ports: [{port: 8081}]}]
  extraEgress: [{to: [{namespaceSelector: {}}], ports: [{port: 4317}]}]
tokenServer:
  enabled: true
  name: tokens
  replicas: 3
  logLevel: warn
  extraArgs: [--cert-secret=tokenserver-certificate]
  extraEnv: []
  serviceAccount: {name: my-voice-tokenserver, annotations: {example.org/owner: voice}}
  service: {annotations: {example.org/owner: voice}}
  podDisruptionBudget: {minAvailable: 2}
  networkPolicy: {enabled: true, fromPods: false}
  resources: {limits: {memory: 1Gi}}
  topologySpreadConstraints: [{topologyKey: kubernetes.io/hostname, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway}]
  affinity: {podAntiAffinity: {}}
  nodeSelector: {kubernetes.io/os: linux}
  tolerations: [{key: voice, operator: Exists}]
  priorityClassName: system-cluster-critical
  podLabels: {sidecar: none}
  podAnnotations: {example.org/scrape: "no"}
`

var accepted = map[string]string{
	"none":       "",
	"everything": everything,
	"nothing but the operator": `
crds: {install: false}
rbac: {create: false, people: false}
serviceAccount: {create: false, name: voice}
policies: {confinement: false, warnings: false}
`,
	"one replica that leads itself": "replicas: 1\nleaderElection: {enabled: false}\nupdateStrategy: {type: Recreate}\n",
	"metrics on loopback":           "metrics: {secure: false}\n",
	"no metrics":                    "metrics: {enabled: false}\n",
	"stopped":                       "replicas: 0\n",
	"the node's network":            "hostNetwork: true\nhealthProbe: {port: 28081}\n",
	"a named namespace":             "watchNamespaces: [support]\nclusterAccounts: {enabled: false}\n",
	"a named namespace, and accounts of the cluster":     "watchNamespaces: [support]\n",
	"the whole cluster without accounts of it":           "clusterAccounts: {enabled: false}\n",
	"tokens on demand":                                   "tokenServer: {enabled: true}\n",
	"tokens on demand in named namespaces":               "watchNamespaces: [support, sales]\nclusterAccounts: {enabled: false}\ntokenServer: {enabled: true}\n",
	"tokens on demand with cert-manager":                 "tokenServer: {enabled: true, certManager: {enabled: true, issuerRef: {name: ca, kind: ClusterIssuer}}}\nmetrics: {serviceMonitor: {enabled: true}}\n",
	"tokens on demand, one of them":                      "tokenServer: {enabled: true, replicas: 1, podDisruptionBudget: {enabled: false}}\n",
	"network policies":                                   "networkPolicy: {enabled: true}\ntokenServer: {enabled: true, networkPolicy: {enabled: true}}\n",
	"an empty list for each list, and no map with a key": empty,
	"other names":                  "nameOverride: tokens\n",
	"another name for all objects": "fullnameOverride: voice\n",
	"no user, as OpenShift has it": "podSecurityContext: {runAsUser: null, runAsGroup: null}\n",
}

const empty = `
image: {pullSecrets: []}
allowedMetadataPrefixes: []
extraArgs: []
extraEnv: []
resources: null
topologySpreadConstraints: []
tolerations: []
podSecurityContext: null
securityContext: null
tokenServer: {enabled: true, extraArgs: [], extraEnv: [], resources: null}
`

// The API server takes what they give, and has nothing to complain of.
func TestTheAPIServerTakesWhatTheChartGivesForTheValuesOf(t *testing.T) {
	for name, content := range accepted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, as := range []struct{ release, namespace string }{{release, home}, {"my", "voice"}} {
				rendered := templateAs(t, as.release, as.namespace, content)
				mustKubectl(t, rendered, "apply", "--server-side", "--dry-run=server", "--validate=strict", "--warnings-as-errors", "-f", "-")
				checkWhoIsConfined(t, as.namespace, read(t, rendered))
			}
		})
	}
}

// checkWhoIsConfined fails unless each ServiceAccount that pods run as has the rights and is confined, where the chart
// makes such.
func checkWhoIsConfined(t *testing.T, namespace string, rendered set) {
	t.Helper()
	policies := fmt.Sprint(conditions(rendered))
	for _, deployment := range rendered.of("Deployment") {
		account := at(deployment, "spec", "template", "spec", "serviceAccountName")
		user := fmt.Sprintf("request.userInfo.username == 'system:serviceaccount:%s:%s'", namespace, account)
		if conditions(rendered) != nil && !strings.Contains(policies, user) {
			t.Errorf("no policy confines %s: %s", user, policies)
		}
	}
	for _, kind := range []string{"ClusterRoleBinding", "RoleBinding"} {
		for _, binding := range rendered.of(kind) {
			for _, subject := range at(binding, "subjects").([]any) {
				name := fmt.Sprint("ServiceAccount/", subject.(map[string]any)["namespace"], "/", subject.(map[string]any)["name"])
				if rendered[name] == nil {
					t.Errorf("%s is bound to %s, which is not there", binding.GetName(), name)
				}
			}
			if reference := at(binding, "roleRef").(map[string]any); !holds(rendered, binding, reference) {
				t.Errorf("%s binds %v, which is not there", binding.GetName(), reference)
			}
		}
	}
}

func holds(rendered set, binding *unstructured.Unstructured, reference map[string]any) bool {
	return rendered[fmt.Sprintf("%s/%s/%s", reference["kind"], binding.GetNamespace(), reference["name"])] != nil
}

// conditions are whom the policies that deny are for.
func conditions(rendered set) []string {
	var found []string
	for _, binding := range rendered.of("ValidatingAdmissionPolicyBinding") {
		if fmt.Sprint(at(binding, "spec", "validationActions")) != "[Deny]" {
			continue
		}
		policy := rendered[fmt.Sprint("ValidatingAdmissionPolicy//", at(binding, "spec", "policyName"))]
		if policy == nil {
			found = append(found, "of a policy that is not there")
			continue
		}
		found = append(found, fmt.Sprint(at(policy, "spec", "matchConditions")))
	}
	return found
}
