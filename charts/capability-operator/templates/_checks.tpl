{{/* What values may not say together, which the schema can't tell as plainly. */}}

{{- define "capability-operator.check" -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.leaderElection.enabled) -}}
{{- fail "replicas: several managers without leaderElection.enabled would all write; set it, or write replicas: 1" -}}
{{- end -}}
{{- if and .Values.podDisruptionBudget.enabled (le (int .Values.replicas) (int .Values.podDisruptionBudget.minAvailable)) -}}
{{- fail "podDisruptionBudget.minAvailable: no node with a manager could be drained; write fewer than replicas" -}}
{{- end -}}
{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) -}}
{{- fail "serviceAccount.name: name the ServiceAccount that is there, or set serviceAccount.create" -}}
{{- end -}}
{{- if eq (include "capability-operator.leaseName" .) "capability-operator-accounts" -}}
{{- fail "leaderElection.id: capability-operator-accounts is the lease over ClusterAccounts; write another name" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not (and .Values.metrics.enabled .Values.metrics.secure)) -}}
{{- fail "metrics.serviceMonitor.enabled: nobody reaches metrics on loopback; set metrics.enabled and metrics.secure" -}}
{{- end -}}
{{- if and .Values.metrics.enabled (eq (int .Values.metrics.port) (int .Values.healthProbe.port)) -}}
{{- fail "metrics.port: healthProbe.port is the same; write another" -}}
{{- end -}}
{{- range $value, $labels := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels "tokenServer.podLabels" .Values.tokenServer.podLabels -}}
{{- range $key, $_ := $labels -}}
{{- if regexMatch "^(app\\.kubernetes\\.io|helm\\.sh)/" $key -}}
{{- fail (printf "%s: %s is the chart's to write; write a label of a domain of your own" $value $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.tokenServer.enabled -}}
{{- include "capability-operator.checkTokenServer" . -}}
{{- end -}}
{{- end -}}

{{- define "capability-operator.checkTokenServer" -}}
{{- $server := .Values.tokenServer -}}
{{- if eq $server.serviceAccount.name (include "capability-operator.serviceAccountName" .) -}}
{{- fail "tokenServer.serviceAccount.name: the token server needs a ServiceAccount of its own, because the operator's is confined to token Secrets; write voice-tokenserver" -}}
{{- end -}}
{{- if and $server.podDisruptionBudget.enabled (le (int $server.replicas) (int $server.podDisruptionBudget.minAvailable)) -}}
{{- fail "tokenServer.podDisruptionBudget.minAvailable: no node with a token server could be drained; write fewer than tokenServer.replicas, or set tokenServer.podDisruptionBudget.enabled to false" -}}
{{- end -}}
{{- if and $server.certManager.enabled (not (dig "name" "" $server.certManager.issuerRef)) -}}
{{- fail "tokenServer.certManager.issuerRef: name the Issuer that is to sign, as {name: ca, kind: Issuer}" -}}
{{- end -}}
{{- end -}}
