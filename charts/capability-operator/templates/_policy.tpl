{{/*
The policies and bindings of a folder of files/policies, which are those of config:
(dict "root" $ "folder" … ), and for one that confines a ServiceAccount "account", its name, and "known", the name that
is written into the policy.

kustomize can't write a name into an expression, so the policies in config know the ServiceAccount by a pattern. The
chart knows its name, and puts that in the pattern's place.
*/}}
{{- define "capability-operator.policy" -}}
{{- $in := . }}
{{- $fullname := include "capability-operator.fullname" .root }}
{{- range $path, $content := .root.Files.Glob (printf "files/policies/%s/*.yaml" .folder) }}
{{- $text := toString $content }}
{{- if and $in.account (contains "kind: ValidatingAdmissionPolicy\n" $text) }}
{{- $pattern := printf "request.userInfo.username.matches('^system:serviceaccount:[^:]+:[^:]*%s')" $in.known }}
{{- if not (contains $pattern $text) }}
{{- fail (printf "%s has no %s to put the ServiceAccount's name in" $path $pattern) }}
{{- end }}
{{- $text = replace $pattern (printf "request.userInfo.username == 'system:serviceaccount:%s:%s'" $in.root.Release.Namespace $in.account) $text }}
{{- $text = replace (printf "ServiceAccounts named %s " $in.known) (printf "ServiceAccounts named %s " $in.account) $text }}
{{- end }}
{{- $object := fromYaml $text }}
{{- $spec := $object.spec }}
{{- with $spec.policyName }}
{{- $spec = merge (dict "policyName" (. | replace "capability-operator" $fullname)) $spec }}
{{- end }}
---
apiVersion: {{ $object.apiVersion }}
kind: {{ $object.kind }}
metadata:
  {{- include "capability-operator.metadata" (dict "root" $in.root "name" ($object.metadata.name | replace "capability-operator" $fullname)) | nindent 2 }}
spec:
  {{- toYaml $spec | nindent 2 }}
{{ end }}
{{- end -}}
