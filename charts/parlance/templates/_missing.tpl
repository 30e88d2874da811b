{{- /* What the cluster lacks for this release, as a YAML list of sentences; empty where the cluster is not asked (helm template). */ -}}
{{- define "parlance.missing" -}}
{{- $namespace := .Release.Namespace }}
{{- $missing := list }}
{{- range $name, $keys := include "parlance.neededSecrets" . | fromYaml }}
{{- $secret := lookup "v1" "Secret" $namespace $name }}
{{- $lacking := list }}
{{- range $keys }}{{ if not (hasKey ($secret.data | default dict) .) }}{{ $lacking = append $lacking . }}{{ end }}{{ end }}
{{- if not $secret }}
{{- $missing = append $missing (printf "The secret %s with the keys %s." $name (join ", " $keys)) }}
{{- else if $lacking }}
{{- $missing = append $missing (printf "The keys %s in the secret %s." (join ", " $lacking) $name) }}
{{- end }}
{{- end }}
{{- range list .Values.tls.secretName .Values.mutualTls.secretName | concat (values .Values.mutualTls.secretNames) | compact | uniq }}
{{- if and (not $.Values.certificates.enabled) (not (lookup "v1" "Secret" $namespace .)) }}
{{- $missing = append $missing (printf "The secret %s with a certificate (tls.crt, tls.key)." .) }}
{{- end }}
{{- end }}
{{- with .Values.models.persistentVolumeClaim }}
{{- if not (lookup "v1" "PersistentVolumeClaim" $namespace .) }}
{{- $missing = append $missing (printf "The claim %s of the volume with the models." .) }}
{{- end }}
{{- end }}
{{- if include "parlance.scalesByCpu" . }}
{{- if not (.Capabilities.APIVersions.Has "metrics.k8s.io/v1beta1") }}
{{- $missing = append $missing "metrics-server, which the autoscalers ask for the CPU; without it the numbers of pods stay as they are (services.NAME.autoscaling)." }}
{{- end }}
{{- end }}
{{- if not .Values.inferenceAddresses }}
{{- if not (include "parlance.services" . | fromYaml).inference }}
{{- $missing = append $missing "Recognisers: services.inference is off, and inferenceAddresses names no others." }}
{{- end }}
{{- end }}
{{- /* Every namespace has this account: where it is not found, no cluster was asked. */}}
{{- if and $missing (lookup "v1" "ServiceAccount" $namespace "default") }}
{{- toYaml $missing }}
{{- else -}}
[]
{{- end }}
{{- end }}

{{- /* Secrets that must be there before the pods start, with their keys: { NAME: [KEY, …] }. The release's own are not among them. */ -}}
{{- define "parlance.neededSecrets" -}}
{{- $needed := dict }}
{{- $own := list }}
{{- range list "nats" "mongodb" "s3" }}{{ $own = append $own (printf "%s-%s" (include "parlance.fullname" $) .) }}{{ end }}
{{- range $service, $settings := include "parlance.services" . | fromYaml }}
{{- range $name, $keys := include "parlance.secretsOf" (dict "root" $ "service" $service "needed" true) | fromYaml }}
{{- if not (has $name $own) }}
{{- $_ := set $needed $name (concat (get $needed $name | default list) $keys | uniq | sortAlpha) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $needed }}
{{- end }}

{{- define "parlance.scalesByCpu" -}}
{{- range $service, $settings := include "parlance.services" . | fromYaml }}
{{- if and $settings.autoscaling.enabled $settings.autoscaling.cpuTarget }}yes{{ end }}
{{- end }}
{{- end }}
