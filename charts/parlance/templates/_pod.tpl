{{- /* A checksum of those keys of the service's secrets that it uses, as they are in the cluster now: an upgrade after a change restarts
       the pods. Empty where the cluster is not asked (helm template). */ -}}
{{- define "parlance.secretChecksum" -}}
{{- $found := dict }}
{{- range $name, $keys := include "parlance.secretsOf" (dict "root" .root "service" .service "needed" false) | fromYaml }}
{{- $data := (lookup "v1" "Secret" $.root.Release.Namespace $name).data | default dict }}
{{- range $keys }}
{{- if hasKey $data . }}{{ $_ := set $found (printf "%s/%s" $name .) (get $data .) }}{{ end }}
{{- end }}
{{- end }}
{{- if $found }}{{ $found | toJson | sha256sum }}{{ end }}
{{- end }}

{{- /* One probe: the chart's request unless the values bring a handler of their own. Takes probe, path. */ -}}
{{- define "parlance.probe" -}}
{{- $probe := deepCopy .probe }}
{{- $own := or (hasKey $probe "httpGet") (hasKey $probe "exec") (hasKey $probe "grpc") (hasKey $probe "tcpSocket") }}
{{- if not $own }}{{ $_ := set $probe "httpGet" (dict "path" .path "port" "ops") }}{{ end }}
{{- toYaml $probe }}
{{- end }}

{{- /* The startup probe outlasts the service's own limit for loading models, which then tells what was wrong. Takes service, settings. */ -}}
{{- define "parlance.startupProbe" -}}
{{- $probe := deepCopy .settings.probes.startup }}
{{- if has .service (list "inference" "tts") }}
{{- $limit := index (dict "inference" 300000 "tts" 60000) .service }}
{{- with (.settings.env | default dict).PARLANCE_LOAD_LIMIT_MS }}{{ $limit = toString . | float64 | int }}{{ end }}
{{- $tries := add (div (div $limit 1000) ($probe.periodSeconds | int)) 12 | int }}
{{- $_ := set $probe "failureThreshold" (max $tries ($probe.failureThreshold | int)) }}
{{- end }}
{{- include "parlance.probe" (dict "probe" $probe "path" "/healthz") }}
{{- end }}

{{- /* Spread over hosts and zones, unless the values bring constraints of their own. Takes scope, settings. */ -}}
{{- define "parlance.spread" -}}
{{- if .settings.topologySpreadConstraints }}
{{- toYaml .settings.topologySpreadConstraints }}
{{- else }}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "parlance.selector" $.scope | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What the values say of scheduling, as a pod's fields. */ -}}
{{- define "parlance.scheduling" -}}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "priorityClassName" "runtimeClassName" "schedulerName" "hostAliases" "dnsPolicy" "dnsConfig" }}
{{- with get $ $field }}
{{ toYaml (dict $field .) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Files of certificates that a service mounts. Takes the root scope with `service`. */ -}}
{{- define "parlance.certificateMounts" -}}
{{- if or (include "parlance.trustsOwnTls" .) (and .Values.tls.secretName (eq .service "gateway")) }}
- { name: tls, mountPath: /tls, readOnly: true }
{{- end }}
{{- if include "parlance.mutualTls" . }}
- { name: mtls, mountPath: /mtls, readOnly: true }
{{- end }}
{{- if or .Values.privateCa.configMapName .Values.privateCa.secretName }}
- { name: private-ca, mountPath: /private-ca, readOnly: true }
{{- end }}
{{- end }}

{{- define "parlance.certificateVolumes" -}}
{{- if include "parlance.trustsOwnTls" . }}
- name: tls
  secret:
    secretName: {{ .Values.tls.secretName }}
    defaultMode: 0440
    # No key: this is a client.
    items: [{ key: {{ .Values.tls.caKey }}, path: {{ .Values.tls.caKey }} }]
{{- else if and .Values.tls.secretName (eq .service "gateway") }}
- name: tls
  secret: { secretName: {{ .Values.tls.secretName }}, defaultMode: 0440 }
{{- end }}
{{- with include "parlance.mutualTls" . }}
- name: mtls
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- with .Values.privateCa }}
{{- if .configMapName }}
- name: private-ca
  configMap: { name: {{ .configMapName }}, items: [{ key: {{ .key }}, path: ca.crt }] }
{{- else if .secretName }}
- name: private-ca
  secret: { secretName: {{ .secretName }}, items: [{ key: {{ .key }}, path: ca.crt }], defaultMode: 0440 }
{{- end }}
{{- end }}
{{- end }}

{{- /* Files of the models that a service needs before it starts. Takes root, service. */ -}}
{{- define "parlance.neededModels" -}}
{{- range .root.Values.models.fetch.names }}
{{- $voice := regexMatch "^(piper|kokoro)-" . }}
{{- if eq $voice (eq $.service "tts") }}
{{- $folder := . | replace "/" "-" }}
- {{ ternary (printf "/models/compiled/%s/manifest.json" $folder) (printf "/models/checkpoints/%s" $folder) (contains "whisper" .) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Waits until the Job has put the models on the volume: a process that starts without them ends, and is started ever more slowly. */ -}}
{{- define "parlance.waitForModels" -}}
- name: models
  image: {{ include "parlance.image" (dict "root" .root "name" .service "own" .settings.image) }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command:
    - node
    - -e
    - |
      const { existsSync } = require('node:fs');
      const missing = () => process.argv.slice(1).filter((path) => !existsSync(path));
      const look = () => {
        const paths = missing();
        if (paths.length === 0) return;
        console.log(`waiting for ${paths.join(', ')}`);
        setTimeout(look, 5000);
      };
      look();
    {{- include "parlance.neededModels" . | nindent 4 }}
  securityContext: {{- toYaml .settings.containerSecurityContext | nindent 4 }}
  resources:
    requests: { cpu: 10m, memory: 64Mi }
    limits: { memory: 128Mi }
  volumeMounts:
    - { name: models, mountPath: /models, readOnly: true }
{{- end }}
