{{- /* Variables of each service that come from a secret; a question mark stands behind those that may be missing. */ -}}
{{- define "parlance.secretVariables" -}}
gateway:
  - NATS_URL
  - MONGODB_URI
  - PARLANCE_API_KEYS
  - PARLANCE_JWT_SECRETS?
  - PARLANCE_SIGNING_SECRET?
  - PARLANCE_OIDC_SECRET?
  - PARLANCE_SMTP_USER?
  - PARLANCE_SMTP_PASSWORD?
  - PARLANCE_LINK_SECRET?
  - PARLANCE_REMOTE_RECOGNIZER_KEY?
  - HF_TOKEN?
  - AWS_ACCESS_KEY_ID?
  - AWS_SECRET_ACCESS_KEY?
inference: []
conversation:
  - NATS_URL
  - MONGODB_URI
  - GROQ_API_KEY?
  - PARLANCE_LLM_FALLBACK_API_KEY?
  - PARLANCE_MODERATION_API_KEY?
  - AWS_ACCESS_KEY_ID?
  - AWS_SECRET_ACCESS_KEY?
tts: [NATS_URL, MONGODB_URI, 'AWS_ACCESS_KEY_ID?', 'AWS_SECRET_ACCESS_KEY?']
telegram: [MONGODB_URI, TELEGRAM_BOT_TOKEN, PARLANCE_API_KEY, 'PARLANCE_TELEGRAM_WEBHOOK_SECRET?']
test: [PARLANCE_TEST_API_KEY]
{{- end }}

{{- /* Where a variable's value lies: { name, key }. What the release runs itself has a secret of its own; for the rest `secretName`, unless
       `secretKeys` names another secret or key. Takes root, variable. */ -}}
{{- define "parlance.secretKey" -}}
{{- $fullname := include "parlance.fullname" .root }}
{{- $values := .root.Values }}
{{- $own := index $values.secretKeys .variable | default dict }}
{{- if $own }}
{{- dict "name" ($own.name | default $values.secretName) "key" ($own.key | default .variable) | toYaml }}
{{- else if and $values.nats.enabled (eq .variable "NATS_URL") }}
{{- dict "name" (printf "%s-nats" $fullname) "key" "url" | toYaml }}
{{- else if and $values.mongodb.enabled (eq .variable "MONGODB_URI") }}
{{- dict "name" (printf "%s-mongodb" $fullname) "key" "uri" | toYaml }}
{{- else if and $values.s3.enabled (has .variable (list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY")) }}
{{- dict "name" (printf "%s-s3" $fullname) "key" .variable | toYaml }}
{{- else }}
{{- dict "name" $values.secretName "key" .variable | toYaml }}
{{- end }}
{{- end }}

{{- /* The secrets that a service's variables come from: { NAME: [KEY, …] } as YAML. Takes root, service; `needed` leaves out optional ones. */ -}}
{{- define "parlance.secretsOf" -}}
{{- $secrets := dict }}
{{- range index (include "parlance.secretVariables" .root | fromYaml) .service }}
{{- if not (and $.needed (hasSuffix "?" .)) }}
{{- $variable := trimSuffix "?" . }}
{{- if not (include "parlance.plainUrl" (dict "root" $.root "variable" $variable)) }}
{{- $at := include "parlance.secretKey" (dict "root" $.root "variable" $variable) | fromYaml }}
{{- $_ := set $secrets $at.name (append (get $secrets $at.name | default list) $at.key) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $secrets }}
{{- end }}

{{- /* A store's address that needs no secret, where one is named. */ -}}
{{- define "parlance.plainUrl" -}}
{{- if eq .variable "NATS_URL" }}{{ .root.Values.nats.url }}{{ end }}
{{- if eq .variable "MONGODB_URI" }}{{ .root.Values.mongodb.uri }}{{ end }}
{{- end }}

{{- /* What the chart sets for a service, as YAML: { NAME: { value } or { valueFrom } }. Takes root, service, settings. */ -}}
{{- define "parlance.chartEnv" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $scope := merge (dict "service" .service) $root }}
{{- $fullname := include "parlance.fullname" $root }}
{{- $plain := dict "PARLANCE_LOG_LEVEL" $values.telemetry.logLevel "PARLANCE_OPS_HOST" "0.0.0.0" "PARLANCE_OPS_PORT" $values.opsPort }}
{{- /* What is in flight ends before the kubelet ends it, with ten seconds to close connections. */}}
{{- $drain := sub (int .settings.terminationGraceSeconds) (add (int .settings.preStopSeconds) 10) }}
{{- if lt $drain 1 }}{{ fail (printf "services.%s: terminationGraceSeconds must be at least 11 more than preStopSeconds" .service) }}{{ end }}
{{- $_ := set $plain "PARLANCE_DRAIN_MS" (mul $drain 1000) }}
{{- $plain = merge $plain (include "parlance.telemetry" $root | fromYaml) }}
{{- if eq .service "gateway" }}
{{- $addresses := $values.inferenceAddresses | default (list (include "parlance.address" (dict "root" $root "service" "inference" "port" 50061))) }}
{{- $_ := set $plain "PARLANCE_INFERENCE_ADDRESSES" (join "," $addresses) }}
{{- $_ := set $plain "PARLANCE_TTS_ADDRESSES" (include "parlance.address" (dict "root" $root "service" "tts" "port" 50063)) }}
{{- $_ := set $plain "PARLANCE_HTTP_HOST" "0.0.0.0" }}
{{- if not $values.studio.enabled }}{{ $_ := set $plain "PARLANCE_STUDIO" "false" }}{{ end }}
{{- with $values.studio.organisation }}{{ $_ := set $plain "PARLANCE_STUDIO_ORGANISATION" . }}{{ end }}
{{- end }}
{{- if has .service (list "gateway" "inference" "tts") }}{{ $_ := set $plain "PARLANCE_GRPC_HOST" "0.0.0.0" }}{{ end }}
{{- if has .service (list "gateway" "inference") }}{{ $_ := set $plain "PARLANCE_DEFAULT_MODEL" $values.models.default }}{{ end }}
{{- if eq .service "inference" }}
{{- $_ := set $plain "PARLANCE_MODEL_CACHE" "/models/compiled" }}
{{- end }}
{{- if has .service (list "inference" "tts") }}{{ $_ := set $plain "PARLANCE_MODELS" "/models/checkpoints" }}{{ end }}
{{- if eq .service "telegram" }}{{ $_ := set $plain "PARLANCE_URL" (include "parlance.url" $root) }}{{ end }}
{{- if has .service (list "gateway" "conversation" "tts") }}
{{- $s3 := $values.s3 }}
{{- if or $s3.enabled $s3.bucket }}
{{- $_ := set $plain "PARLANCE_S3_BUCKET" ($s3.bucket | default "parlance") }}
{{- with ternary (printf "http://%s-s3.%s.svc:7070" $fullname $root.Release.Namespace) $s3.endpoint $s3.enabled }}{{ $_ := set $plain "PARLANCE_S3_ENDPOINT" . }}{{ end }}
{{- with $s3.publicEndpoint }}{{ $_ := set $plain "PARLANCE_S3_PUBLIC_ENDPOINT" . }}{{ end }}
{{- with $s3.region }}{{ $_ := set $plain "AWS_REGION" . }}{{ end }}
{{- end }}
{{- end }}
{{- if include "parlance.trustsOwnTls" $scope }}
{{- $_ := set $plain "NODE_EXTRA_CA_CERTS" (printf "/tls/%s" $values.tls.caKey) }}
{{- else if or $values.privateCa.configMapName $values.privateCa.secretName }}
{{- $_ := set $plain "NODE_EXTRA_CA_CERTS" "/private-ca/ca.crt" }}
{{- end }}
{{- if and $values.tls.secretName (eq .service "gateway") }}
{{- $_ := set $plain "PARLANCE_TLS_CERT" "/tls/tls.crt" }}
{{- $_ := set $plain "PARLANCE_TLS_KEY" "/tls/tls.key" }}
{{- end }}
{{- if include "parlance.mutualTls" $scope }}
{{- $_ := set $plain "PARLANCE_MTLS_CA" "/mtls/ca.crt" }}
{{- $_ := set $plain "PARLANCE_MTLS_CERT" "/mtls/tls.crt" }}
{{- $_ := set $plain "PARLANCE_MTLS_KEY" "/mtls/tls.key" }}
{{- end }}
{{- $env := dict }}
{{- range $name, $value := $plain }}{{ $_ := set $env $name (dict "value" (toString $value)) }}{{ end }}
{{- /* Threads follow what the pod may use: its limit, or else its request. */}}
{{- range $field := list "limits" "requests" }}
{{- if and (get ($.settings.resources | default dict) $field | default dict).cpu (not $env.PARLANCE_CPUS) (has $.service (list "inference" "tts")) }}
{{- $_ := set $env "PARLANCE_CPUS" (dict "valueFrom" (dict "resourceFieldRef" (dict "containerName" $.service "resource" (printf "%s.cpu" $field) "divisor" "1"))) }}
{{- end }}
{{- end }}
{{- if and $values.routing.endpointSlices (eq .service "gateway") }}
{{- /* Kubernetes copies the node's zone to its pods. */}}
{{- $_ := set $env "PARLANCE_ZONE" (dict "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.labels['topology.kubernetes.io/zone']"))) }}
{{- end }}
{{- include "parlance.addSecretEnv" (dict "root" $root "service" .service "env" $env) }}
{{- toYaml $env }}
{{- end }}

{{- /* Adds a service's secret variables to `env`. Prints nothing. */ -}}
{{- define "parlance.addSecretEnv" -}}
{{- range index (include "parlance.secretVariables" .root | fromYaml) .service }}
{{- $variable := trimSuffix "?" . }}
{{- $url := include "parlance.plainUrl" (dict "root" $.root "variable" $variable) }}
{{- if $url }}
{{- $_ := set $.env $variable (dict "value" $url) }}
{{- else }}
{{- $at := include "parlance.secretKey" (dict "root" $.root "variable" $variable) | fromYaml }}
{{- if hasSuffix "?" . }}{{ $_ := set $at "optional" true }}{{ end }}
{{- $_ := set $.env $variable (dict "valueFrom" (dict "secretKeyRef" $at)) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A variable's value as text; a large number keeps its digits. */ -}}
{{- define "parlance.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toJson . }}{{ end }}
{{- end }}

{{- /* A container's env: the chart's variables, those of `settings.env` in their place or behind them. Each name comes once. */ -}}
{{- define "parlance.env" -}}
{{- $env := include "parlance.chartEnv" . | fromYaml }}
{{- $more := dict }}
{{- range $name, $value := .settings.env }}
{{- $entry := dict }}
{{- if kindIs "map" $value }}{{ $entry = $value }}{{ else }}{{ $_ := set $entry "value" (include "parlance.text" $value) }}{{ end }}
{{- if hasKey $env $name }}{{ $_ := set $env $name $entry }}{{ else }}{{ $_ := set $more $name $entry }}{{ end }}
{{- end }}
{{- range list $env $more }}
{{- range $name, $entry := . }}
- name: {{ $name }}
  {{- toYaml $entry | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Whether the bot needs the authority of the gateway's certificate. */ -}}
{{- define "parlance.trustsOwnTls" -}}
{{- if and .Values.tls.secretName .Values.tls.caKey (has .service (list "telegram" "test")) }}yes{{ end }}
{{- end }}

{{- /* How the gateway calls a service: each pod by the endpoints of its Service, or by the names that DNS has. Takes root, service, port. */ -}}
{{- define "parlance.address" -}}
{{- $name := include "parlance.name" (merge (dict "service" .service) .root) }}
{{- if .root.Values.routing.endpointSlices -}}
k8s:///{{ .root.Release.Namespace }}/{{ $name }}:grpc
{{- else -}}
{{ $name }}:{{ .port }}
{{- end }}
{{- end }}

{{/* Variables of traces and of the operations port that every pod has; YAML. */}}
{{- define "parlance.telemetry" -}}
{{- with .Values.telemetry.otlpEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . | quote }}
OTEL_EXPORTER_OTLP_PROTOCOL: {{ $.Values.telemetry.otlpProtocol | quote }}
{{- end }}
{{- if .Values.telemetry.otlpLogs }}
PARLANCE_OTLP_LOGS: "true"
{{- end }}
{{- if ne (toString .Values.telemetry.traceRatio) "1" }}
PARLANCE_TRACE_RATIO: {{ .Values.telemetry.traceRatio | quote }}
{{- end }}
{{- with .Values.telemetry.opsKeySha256 }}
PARLANCE_OPS_KEY_SHA256: {{ . | quote }}
{{- end }}
{{- end }}
