{{- define "parlance.dnsEgress" -}}
- ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
  {{- with .Values.networkPolicy.dnsTo }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* The way to a store: to the release's own one, or by its port to wherever the values say, anywhere where they do not. */ -}}
{{- define "parlance.storeEgress" -}}
- ports:
    - { port: {{ .port }} }
  {{- if (get .root.Values .own).enabled }}
  to:
    - podSelector:
        matchLabels: {{- include "parlance.selector" (merge (dict "service" .own) .root) | nindent 10 }}
  {{- else if .to }}
  to: {{- toYaml .to | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* Who may call a service: clients, the services that need it, and those that scrape metrics. Takes root, service, settings. */ -}}
{{- define "parlance.serviceIngress" -}}
{{- $root := .root }}
{{- $policy := $root.Values.networkPolicy }}
{{- $ports := index (include "parlance.ports" $root | fromYaml) .service }}
{{- if eq .service "gateway" }}
- ports:
    - { port: http }
    - { port: grpc }
  {{- with $policy.gatewayFrom }}
  from:
    {{- toYaml . | nindent 4 }}
    {{- range list "telegram" "test" }}
    - podSelector:
        matchLabels: {{- include "parlance.selector" (merge (dict "service" .) $root) | nindent 10 }}
    {{- end }}
  {{- end }}
{{- else if eq .service "telegram" }}
{{- with $policy.webhookFrom }}
- ports:
    - { port: http }
  from: {{- toYaml . | nindent 4 }}
{{- end }}
{{- else if hasKey $ports "grpc" }}
- ports:
    - { port: grpc }
  from:
    - podSelector:
        matchLabels: {{- include "parlance.selector" (merge (dict "service" "gateway") $root) | nindent 10 }}
{{- end }}
{{- /* An empty `from` would admit everybody. */}}
{{- with $policy.metricsFrom }}
- ports:
    - { port: ops }
  from: {{- toYaml . | nindent 4 }}
{{- end }}
{{- with .settings.networkPolicy.extraIngress }}
{{ toYaml . }}
{{- end }}
{{- end }}
