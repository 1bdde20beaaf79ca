package chart_test

import (
	"strings"
	"testing"
)

func TestValuesThatMakeNoSenseAreRefusedWithWhatToWrite(t *testing.T) {
	for name, of := range map[string]struct{ values, says string }{
		"a misspelled name":             {`replica: 3`, `additional properties 'replica' not allowed`},
		"a misspelled name further in":  {`crds: {kep: true}`, `at '/crds': additional properties 'kep' not allowed`},
		"a number in words":             {`replicas: two`, `at '/replicas': got string, want integer`},
		"fewer than no replicas":        {`replicas: -1`, `at '/replicas': minimum: got -1, want 0`},
		"an unknown level":              {`logLevel: loud`, `at '/logLevel': value must be one of 'debug', 'info', 'warn', 'error'`},
		"an unknown pull policy":        {`image: {pullPolicy: Sometimes}`, `value must be one of 'Always', 'IfNotPresent', 'Never'`},
		"a digest cut short":            {`image: {digest: "sha256:abc"}`, `at '/image/digest': 'sha256:abc' does not match pattern`},
		"an image with blanks":          {`image: {repository: "my image"}`, `at '/image/repository'`},
		"a name that no namespace has":  {`watchNamespaces: [Support]`, `at '/watchNamespaces/0': 'Support' does not match pattern`},
		"a namespace named twice":       {`watchNamespaces: [support, support]`, `at '/watchNamespaces': items at 0 and 1 are equal`},
		"namespaces in one text":        {`watchNamespaces: support`, `at '/watchNamespaces': got string, want array`},
		"a prefix without a slash":      {`allowedMetadataPrefixes: [reloader.stakater.com]`, `'reloader.stakater.com' does not match pattern`},
		"a flag without dashes":         {`extraArgs: [twilio-api-url]`, `at '/extraArgs/0': 'twilio-api-url' does not match pattern '^--[a-z]'`},
		"a variable that is no text":    {`extraEnv: [{name: GOGC, value: 400}]`, `at '/extraEnv/0/value': got number, want string`},
		"a label that is no text":       {`commonLabels: {team: 7}`, `at '/commonLabels/team': got number, want string`},
		"an address without a size":     {`networkPolicy: {apiServerCIDRs: [192.0.2.10]}`, `at '/networkPolicy/apiServerCIDRs/0': '192.0.2.10' does not match pattern`},
		"a port that is privileged":     {`healthProbe: {port: 81}`, `at '/healthProbe/port': minimum: got 81, want 1,024`},
		"a budget of a share":           {`podDisruptionBudget: {minAvailable: "50%"}`, `at '/podDisruptionBudget/minAvailable': got string, want integer`},
		"a quote in a ServiceAccount":   {`serviceAccount: {name: "a' || true || '"}`, `at '/serviceAccount/name'`},
		"a quote in the token server's": {`tokenServer: {serviceAccount: {name: "a'"}}`, `at '/tokenServer/serviceAccount/name'`},
		"several without a leader":      {`leaderElection: {enabled: false}`, `set it, or write replicas: 1`},
		"a budget that stops drains":    {"replicas: 1\npodDisruptionBudget: {enabled: true}", `write fewer than replicas`},
		"the token server's that does":  {`tokenServer: {enabled: true, replicas: 1}`, `or set tokenServer.podDisruptionBudget.enabled to false`},
		"a ServiceAccount without name": {`serviceAccount: {create: false}`, `name the ServiceAccount that is there`},
		"a lease that is taken":         {`leaderElection: {id: capability-operator-accounts}`, `write another name`},
		"one ServiceAccount for both":   {`tokenServer: {enabled: true, serviceAccount: {name: capability-operator}}`, `write voice-tokenserver`},
		"cert-manager without Issuer":   {`tokenServer: {enabled: true, certManager: {enabled: true}}`, `as {name: ca, kind: Issuer}`},
		"one port for two things":       {`metrics: {port: 8081}`, `healthProbe.port is the same; write another`},
		"scraping what is on loopback":  {"metrics: {secure: false, serviceMonitor: {enabled: true}}", `set metrics.enabled and metrics.secure`},
		"a label of the chart's own":    {`podLabels: {app.kubernetes.io/name: mine}`, `write a label of a domain of your own`},
		"another of them, for all":      {`commonLabels: {helm.sh/chart: mine}`, `write a label of a domain of your own`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			printed, complaints, err := helm(t.Context(), "template", release, chart, "--values", values(t, of.values))
			if err == nil {
				t.Fatalf("%s was taken and gives\n%s", of.values, printed)
			}
			if !strings.Contains(complaints, of.says) {
				t.Errorf("it says\n%s\nand not %q", complaints, of.says)
			}
		})
	}
}
