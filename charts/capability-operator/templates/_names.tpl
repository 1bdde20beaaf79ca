{{/* What objects are called. */}}

{{- define "capability-operator.chartName" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 43 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 43 characters, so that the longest ending still fits into a label. */ -}}
{{- define "capability-operator.fullname" -}}
{{- $name := include "capability-operator.chartName" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 43 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 43 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 43 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "capability-operator.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "capability-operator.fullname" .) -}}
{{- end -}}

{{- define "capability-operator.leaseName" -}}
{{- .Values.leaderElection.id | default (include "capability-operator.fullname" .) -}}
{{- end -}}

{{- define "capability-operator.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- $image.repository -}}{{- with $image.tag }}:{{ . }}{{ end -}}@{{- $image.digest -}}
{{- else -}}
{{- $image.repository -}}:{{- $image.tag | default .Chart.AppVersion -}}
{{- end -}}
{{- end -}}

{{- /* Labels by which selectors know pods: (dict "root" $ "component" "manager"). They never change. */ -}}
{{- define "capability-operator.selector" -}}
app.kubernetes.io/name: capability-operator
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* Labels of every object. */ -}}
{{- define "capability-operator.labels" -}}
app.kubernetes.io/name: capability-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: capability-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* metadata of an object: (dict "root" $ "name" … "namespace" true/"sales" "labels" dict "annotations" dict). */ -}}
{{- define "capability-operator.metadata" -}}
name: {{ .name }}
{{- if .namespaced }}
namespace: {{ .namespace | default .root.Release.Namespace }}
{{- end }}
labels:
  {{- include "capability-operator.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
