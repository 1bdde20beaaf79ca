{{/* Flags that both programs have. */}}

{{- define "capability-operator.scopeFlags" -}}
{{- if not .Values.clusterAccounts.enabled }}
- --cluster-accounts=false
{{- end }}
{{- with .Values.watchNamespaces }}
- --watch-namespaces={{ join "," . }}
{{- end }}
{{- end -}}
