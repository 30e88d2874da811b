{{- /* Sets the entries of `from` in `into`, maps within maps entry by entry. Prints nothing. */ -}}
{{- define "parlance.overlay" -}}
{{- range $key, $value := .from }}
{{- if and (kindIs "map" $value) (kindIs "map" (get $.into $key)) }}
{{- include "parlance.overlay" (dict "into" (get $.into $key) "from" $value) }}
{{- else }}
{{- $_ := set $.into $key $value }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The services that are enabled, each with its settings over `defaults`, as YAML. */ -}}
{{- define "parlance.services" -}}
{{- $all := dict }}
{{- range $service, $own := .Values.services }}
{{- $settings := deepCopy $.Values.defaults }}
{{- include "parlance.overlay" (dict "into" $settings "from" $own) }}
{{- if $settings.enabled }}
{{- $_ := set $all $service $settings }}
{{- end }}
{{- end }}
{{- toYaml $all }}
{{- end }}

{{- /* Ports by service. Probes and metrics are on ops, which no client reaches. */ -}}
{{- define "parlance.ports" -}}
gateway: { http: 8080, grpc: 50051, ops: {{ .Values.opsPort }} }
inference: { grpc: 50061, ops: {{ .Values.opsPort }} }
conversation: { ops: {{ .Values.opsPort }} }
tts: { grpc: 50063, ops: {{ .Values.opsPort }} }
telegram: { http: 8086, ops: {{ .Values.opsPort }} }
{{- end }}

{{- /* The secret with the certificate by which a service and the others know each other; empty: none. The bot is a client of the public APIs. */ -}}
{{- define "parlance.mutualTls" -}}
{{- $tls := .Values.mutualTls }}
{{- if and (or $tls.secretName $tls.secretNames) (ne .service "telegram") -}}
{{- index $tls.secretNames .service | default $tls.secretName | required (printf "mutualTls: %s has no secret; all services need one" .service) -}}
{{- end -}}
{{- end }}

{{- /* How a service's gRPC port is called: by TLS, or in the clear. */ -}}
{{- define "parlance.grpcProtocol" -}}
{{- $secret := ternary .Values.tls.secretName (include "parlance.mutualTls" .) (eq .service "gateway") -}}
{{- ternary "https" "kubernetes.io/h2c" (ne $secret "") -}}
{{- end }}

{{- /* Where the gateway's HTTP API is for pods of the namespace; its certificate has this name. */ -}}
{{- define "parlance.url" -}}
{{ ternary "https" "http" (ne .Values.tls.secretName "") }}://{{ include "parlance.fullname" . }}-gateway:8080
{{- end }}

{{- /* The claim of the volume that models lie on: compiled ones in compiled/, the others in checkpoints/. */ -}}
{{- define "parlance.modelsClaim" -}}
{{ .Values.models.persistentVolumeClaim | default (printf "%s-models" (include "parlance.fullname" .)) }}
{{- end }}
