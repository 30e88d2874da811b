{{- /* What the stores that the release runs itself have in common. */ -}}

{{- define "parlance.storeImage" -}}
{{- list (.root.Values.global.imageRegistry | default .image.registry) .image.repository | compact | join "/" -}}
{{- ternary (printf "@%s" .image.digest) (printf ":%s" .image.tag) (ne .image.digest "") }}
{{- end }}

{{- define "parlance.storeAccount" }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "parlance.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{- /* A pod's fields; the images' users are numbers of their own only by name, so the number is ours. */ -}}
{{- define "parlance.storePod" -}}
serviceAccountName: {{ include "parlance.name" .scope }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- toYaml .root.Values.defaults.podSecurityContext | nindent 2 }}
{{- include "parlance.pullSecrets" .root }}
{{- include "parlance.scheduling" .store }}
topologySpreadConstraints:
  {{- include "parlance.spread" (dict "scope" .scope "settings" dict) | nindent 2 }}
{{- end }}

{{- define "parlance.storeClaim" -}}
volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .store.storageClassName }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ .store.storage }}
{{- end }}
