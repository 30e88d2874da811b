{{- /* Sets the entries of `from` in `into`, maps within maps entry by entry. Prints nothing. */ -}}
{{- define "parlance-models.overlay" -}}
{{- range $key, $value := .from }}
{{- if and (kindIs "map" $value) (kindIs "map" (get $.into $key)) }}
{{- include "parlance-models.overlay" (dict "into" (get $.into $key) "from" $value) }}
{{- else }}
{{- $_ := set $.into $key $value }}
{{- end }}
{{- end }}
{{- end }}
