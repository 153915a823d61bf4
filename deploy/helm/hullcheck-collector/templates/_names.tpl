{{/* Whether the agents of nodes enrol by the service account of their pods. */}}
{{- define "hullcheck.enrolsNodes" -}}
{{- /* Values of a release from before it, which --reuse-values keeps, have none. */ -}}
{{- $by := .Values.nodes.enrollment.by | default "serviceAccount" -}}
{{- if not (has $by (list "serviceAccount" "secret")) -}}
{{- fail (printf "nodes.enrollment.by is serviceAccount or secret, not %v" $by) -}}
{{- end -}}
{{- if and .Values.nodes.enabled (eq $by "serviceAccount") -}}yes{{- end -}}
{{- end -}}

{{/*
For whom the tokens of the nodes' pods are made: for the console at this address, in the spelling of a web origin (lower case, no
path, no standard port). A token that was shown to one console is no good at another.
*/}}
{{- define "hullcheck.audience" -}}
{{- $url := urlParse (required "server is the address of the console" .Values.server) -}}
{{- $port := eq $url.scheme "http" | ternary ":80" ":443" -}}
hullcheck:{{ $url.scheme | lower }}://{{ $url.host | lower | trimSuffix $port }}
{{- end -}}
