{{/* The operator's rights. docs/security.md says what each is for; a test holds them to those in config. */}}

{{- /* Where it works: in all namespaces, or in each that is named. */ -}}
{{- define "capability-operator.workRules" -}}
- apiGroups: [voice.capability-operator.io]
  resources: [clientcapabilities]
  verbs: [get, list, watch]
- apiGroups: [voice.capability-operator.io]
  resources: [clientcapabilities/status]
  verbs: [patch]
# RBAC can't tell Secrets apart by type or label. The operator watches its own token Secrets and the labelled account
# Secrets alone, and a policy narrows what it may write to Secrets of its own type.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- /* For ClusterAccounts, in the whole cluster. */ -}}
{{- define "capability-operator.clusterAccountRules" -}}
- apiGroups: [voice.capability-operator.io]
  resources: [clusteraccounts]
  verbs: [list, watch]
- apiGroups: [voice.capability-operator.io]
  resources: [clusteraccounts/status]
  verbs: [patch]
# Whom an account is lent to may hang on the labels of namespaces; nothing but their metadata is asked for.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
{{- end -}}

{{- /* The accounts' Secrets are read wherever they are, also where only named namespaces are worked in. */ -}}
{{- define "capability-operator.accountSecretRules" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
{{- end -}}

{{- /* A binding's subject. */ -}}
{{- define "capability-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ .account }}
  namespace: {{ .root.Release.Namespace }}
{{- end -}}
