{{/* What the token server reads where it serves. */}}
{{- define "capability-operator.tokenServerRules" -}}
- apiGroups: [voice.capability-operator.io]
  resources: [clientcapabilities]
  verbs: [list, watch]
# RBAC can't tell Secrets apart by label. Those with the account label alone are watched, and none is ever written here.
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
{{- end -}}

{{/* Its certificate, in one Secret, and the authority for callers, in one ConfigMap: (dict "root" $ "subjects" …). */}}
{{- define "capability-operator.certificateRole" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "capability-operator.metadata" (dict "root" .root "name" "tokenserver-certificate" "namespaced" true) | nindent 2 }}
rules:
# RBAC can't name what is to be created: a policy does.
- apiGroups: [""]
  resources: [secrets, configmaps]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [tokenserver-certificate]
  verbs: [get, list, watch, update]
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [tokenserver-ca]
  verbs: [get, list, watch, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "capability-operator.metadata" (dict "root" .root "name" "tokenserver-certificate" "namespaced" true) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: tokenserver-certificate
subjects:
{{ .subjects }}
{{- end -}}
