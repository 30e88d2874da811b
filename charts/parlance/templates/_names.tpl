{{- /* What every object's name begins with. 44 characters leave room for the longest suffix of a StatefulSet (52) and a Service (63). */ -}}
{{- define "parlance.fullname" -}}
{{- $name := .Values.fullnameOverride | default .Release.Name }}
{{- if gt (len $name) 44 -}}
{{ printf "%s-%s" ($name | trunc 35 | trimSuffix "-") (sha256sum $name | trunc 8) }}
{{- else -}}
{{ $name }}
{{- end }}
{{- end }}

{{- /* The name of a component's objects. Takes the root scope with `service` set to the component. */ -}}
{{- define "parlance.name" -}}{{ include "parlance.fullname" . }}-{{ .service }}{{- end }}

{{- /* Selectors and pods: nothing here changes from one version of the chart to the next. */ -}}
{{- define "parlance.selector" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default "parlance" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "parlance.labels" -}}
{{ include "parlance.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* An object's metadata. Takes the root scope with `service`; `suffix`, `annotations` and `more` (labels) where there are any. */ -}}
{{- define "parlance.metadata" -}}
name: {{ include "parlance.name" . }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .Release.Namespace }}
labels:
  {{- mergeOverwrite (include "parlance.labels" . | fromYaml) (.more | default dict) | toYaml | nindent 2 }}
{{- $annotations := mergeOverwrite (deepCopy .Values.commonAnnotations) (.annotations | default dict) }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* An image's reference: a service's own settings win over `image`, and a digest over a tag. Takes root, name, own. */ -}}
{{- define "parlance.image" -}}
{{- $image := .root.Values.image }}
{{- $registry := .own.registry | default .root.Values.global.imageRegistry | default $image.registry }}
{{- $repository := .own.repository | default $image.repository }}
{{- $tag := .own.tag | default $image.tag | default .root.Chart.AppVersion | replace "+" "_" }}
{{- $digest := .own.digest | default (ternary $tag "" (hasPrefix "sha256:" $tag)) }}
{{- $path := list $registry $repository (.own.name | default .name) | compact | join "/" }}
{{- $path }}{{ ternary (printf "@%s" $digest) (printf ":%s" $tag) (ne $digest "") }}
{{- end }}

{{- /* Secrets that images are pulled with, as a pod's imagePullSecrets. */ -}}
{{- define "parlance.pullSecrets" -}}
{{- $names := concat (.Values.global.imagePullSecrets | default list) (.Values.image.pullSecrets | default list) | uniq }}
{{- if $names }}
imagePullSecrets:
  {{- range $names }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
