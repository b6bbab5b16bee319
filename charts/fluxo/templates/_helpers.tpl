{{- define "fluxo.name" -}}
{{- .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-fluxo" .Release.Name) (contains "fluxo" .Release.Name)) | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "fluxo.selector" -}}
app.kubernetes.io/name: fluxo
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "fluxo.labels" -}}
{{ include "fluxo.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "fluxo.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "fluxo.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "fluxo.name" .) -}}
{{- end }}

{{- define "fluxo.jobsNamespace" -}}
{{- .Values.cluster.namespace | default .Release.Namespace -}}
{{- end }}

{{- define "fluxo.serviceUrl" -}}
http://{{ include "fluxo.name" . }}.{{ .Release.Namespace }}.svc:{{ .Values.service.port }}
{{- end }}

{{- define "fluxo.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{ .Values.publicUrl | trimSuffix "/" }}
{{- else if and .Values.ingress.enabled .Values.ingress.host -}}
{{ ternary "https" "http" (ne .Values.ingress.tlsSecret "") }}://{{ .Values.ingress.host }}
{{- else -}}
http://127.0.0.1:8080
{{- end -}}
{{- end }}

{{/* What is wrong with the values and no schema can say. */}}
{{- define "fluxo.check" -}}
{{- if not (or .Values.encryptionKey.existingSecret .Values.encryptionKey.value) -}}
{{- fail (printf "\n\nFluxo needs a key to encrypt stored credentials. Make one and keep a copy:\n  kubectl create secret generic fluxo-key --namespace %s --from-literal=key=\"$(openssl rand -base64 32)\"\nthen set encryptionKey.existingSecret=fluxo-key.\n" .Release.Namespace) -}}
{{- end -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- fail "\n\nreplicas must be 1: two servers would both run the same flows. Sharing the runs between several servers comes next; until then give the one server more CPU and memory.\n" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "\n\ningress.host is missing: the name that people type, for example fluxo.example.com.\n" -}}
{{- end -}}
{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) -}}
{{- fail "\n\nserviceAccount.name is missing: with serviceAccount.create=false it names the service account to use. Without it every pod of the namespace would get the server's rights.\n" -}}
{{- end -}}
{{- end }}

{{/* A setting as text. Numbers of a file of values are floating ones, which print large whole numbers as 5.24288e+08. */}}
{{- define "fluxo.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end }}

{{/* Settings that the server and the test's pod share: where the data, the key and the database are. */}}
{{- define "fluxo.dataEnv" -}}
- name: FLUXO_DATA
  value: /var/lib/fluxo
- name: FLUXO_KEY_FILE
  value: /etc/fluxo/key/{{ ternary .Values.encryptionKey.secretKey "key" (ne .Values.encryptionKey.existingSecret "") }}
{{- if or .Values.database.existingSecret .Values.database.url }}
- name: FLUXO_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.existingSecret | default (include "fluxo.name" .) }}
      key: {{ ternary .Values.database.secretKey "url" (ne .Values.database.existingSecret "") }}
{{- end }}
{{- end }}

{{- define "fluxo.dataMounts" -}}
- {name: data, mountPath: /var/lib/fluxo}
- {name: key, mountPath: /etc/fluxo/key, readOnly: true}
- {name: scratch, mountPath: /tmp}
{{- end }}

{{- define "fluxo.dataVolumes" -}}
- name: data
  {{- if .Values.persistence.enabled }}
  persistentVolumeClaim: {claimName: {{ .Values.persistence.existingClaim | default (include "fluxo.name" .) }}}
  {{- else }}
  emptyDir: {}
  {{- end }}
- name: key
  secret:
    secretName: {{ .Values.encryptionKey.existingSecret | default (include "fluxo.name" .) }}
    defaultMode: 0440
- name: scratch
  emptyDir: {sizeLimit: {{ .Values.scratchSize }}}
{{- end }}

{{- define "fluxo.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
