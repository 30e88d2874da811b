{{- define "parlance.name" -}}{{ .Release.Name }}-{{ .service }}{{- end }}

{{- define "parlance.selector" -}}
app.kubernetes.io/name: parlance
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "parlance.labels" -}}
{{ include "parlance.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* Ports by service: the APIs, and where health and metrics are. The gateway serves both on http. */ -}}
{{- define "parlance.ports" -}}
gateway: { http: 8080, grpc: 50051 }
inference: { grpc: 50061, ops: 8081 }
conversation: { ops: 8082 }
tts: { grpc: 50063, ops: 8083 }
telegram: { ops: 8084 }
{{- end }}

{{- /* Keys of the secret by service; a question mark stands behind those that may be missing. */ -}}
{{- define "parlance.secrets" -}}
gateway: [NATS_URL, MONGODB_URI, PARLANCE_API_KEYS, 'PARLANCE_JWT_SECRETS?', 'AWS_ACCESS_KEY_ID?', 'AWS_SECRET_ACCESS_KEY?']
inference: []
conversation: [NATS_URL, MONGODB_URI, 'GROQ_API_KEY?', 'PARLANCE_LLM_FALLBACK_API_KEY?', 'PARLANCE_MODERATION_API_KEY?']
tts: [NATS_URL, MONGODB_URI, 'AWS_ACCESS_KEY_ID?', 'AWS_SECRET_ACCESS_KEY?']
telegram: [MONGODB_URI, TELEGRAM_BOT_TOKEN, PARLANCE_API_KEY, 'PARLANCE_TELEGRAM_WEBHOOK_SECRET?']
{{- end }}

{{- /* The secret with the certificate by which a service and the others know each other; empty: none. The bot is a client of the public APIs. */ -}}
{{- define "parlance.mutualTls" -}}
{{- $tls := .Values.mutualTls }}
{{- if and (or $tls.secretName $tls.secretNames) (ne .service "telegram") -}}
{{- index $tls.secretNames .service | default $tls.secretName | required (printf "mutualTls: %s has no secret; all services need one" .service) -}}
{{- end -}}
{{- end }}

{{- /* How a service's gRPC port is spoken to: by TLS, or in the clear. */ -}}
{{- define "parlance.grpcProtocol" -}}
{{- $secret := ternary .Values.tls.secretName (include "parlance.mutualTls" .) (eq .service "gateway") -}}
{{- ternary "https" "kubernetes.io/h2c" (ne $secret "") -}}
{{- end }}
