/** Pods and what is made of pod templates. */
import { type Json, kindOf, type Template } from './template.js'

export const container = { name: 'main', image: 'nginx:1.27' }
export const podSpec = { containers: [container] }
const labels = { app: 'web' }
export const podTemplate = { metadata: { labels }, spec: podSpec }

const inContainer = (change: Json): Json => ({ spec: { containers: [{ ...container, ...change }] } })
const withVolume = (source: Json): Json => ({
  spec: {
    containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    volumes: [{ name: 'v', ...source }],
  },
})

/** Valid ways to say more about a pod. */
const podVariants: readonly Json[] = [
  inContainer({ ports: [{ containerPort: 80 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }] }),
  inContainer({ resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } } }),
  inContainer({ resources: { limits: { cpu: 0.5, 'example.com/gpu': '2' } } }),
  inContainer({ livenessProbe: { httpGet: { path: '/', port: 80 } }, readinessProbe: { tcpSocket: { port: 'http' } } }),
  inContainer({ startupProbe: { grpc: { port: 5000 } }, lifecycle: { preStop: { sleep: { seconds: 3 } } } }),
  inContainer({ lifecycle: { postStart: { exec: { command: ['true'] } } }, tty: true, stdin: true }),
  inContainer({
    env: [
      { name: 'A', value: 'b' },
      { name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
  }),
  inContainer({
    env: [{ name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
    envFrom: [{ configMapRef: { name: 'c' } }],
  }),
  inContainer({ securityContext: { runAsUser: 0, privileged: true, capabilities: { add: ['NET_ADMIN'] } } }),
  inContainer({ image: 'nginx', imagePullPolicy: 'Never', workingDir: '/x', command: ['a'], args: ['b'] }),
  withVolume({ emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } }),
  withVolume({ configMap: { name: 'c', items: [{ key: 'a', path: 'b' }] } }),
  withVolume({ secret: { secretName: 's', optional: true } }),
  withVolume({ hostPath: { path: '/tmp' } }),
  withVolume({ persistentVolumeClaim: { claimName: 'p' } }),
  withVolume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }, { downwardAPI: {} }] } }),
  withVolume({ downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } }),
  withVolume({ csi: { driver: 'd.example.com' } }),
  withVolume({ nfs: { server: 's', path: '/' } }),
  withVolume({
    ephemeral: {
      volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } } } },
    },
  }),
  withVolume({ iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:a', lun: 1 } }),
  {
    spec: {
      initContainers: [
        { name: 'i', image: 'b' },
        { name: 's', image: 'b:latest', restartPolicy: 'Always' },
      ],
    },
  },
  {
    spec: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
          },
        },
      },
    },
  },
  {
    spec: {
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 5,
              podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
            },
          ],
        },
      },
    },
  },
  {
    spec: {
      tolerations: [{ operator: 'Exists' }, { key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 5 }],
    },
  },
  {
    spec: {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: labels } },
      ],
    },
  },
  {
    spec: {
      securityContext: {
        runAsUser: 1000,
        fsGroup: 2000,
        supplementalGroups: [1],
        sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }],
      },
    },
  },
  {
    spec: {
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.b'] }],
    },
  },
  { spec: { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], options: [{ name: 'ndots', value: '2' }] } } },
  { spec: { schedulingGates: [{ name: 'example.com/gate' }], priorityClassName: 'system-node-critical' } },
  {
    spec: {
      hostname: 'h',
      subdomain: 's',
      setHostnameAsFQDN: true,
      readinessGates: [{ conditionType: 'example.com/r' }],
    },
  },
  { spec: { os: { name: 'linux' }, nodeSelector: { 'kubernetes.io/os': 'linux' }, enableServiceLinks: false } },
  { spec: { terminationGracePeriodSeconds: 0, activeDeadlineSeconds: 5, restartPolicy: 'OnFailure' } },
  { spec: { serviceAccountName: 'default', automountServiceAccountToken: false, imagePullSecrets: [{ name: 'p' }] } },
  { spec: { resourceClaims: [{ name: 'r', resourceClaimName: 'x' }], hostUsers: false } },
  { spec: { nodeName: 'd-node', shareProcessNamespace: true, preemptionPolicy: 'Never' } },
]

const inTemplate = (variant: Json): Json => ({
  spec: { template: { ...podTemplate, spec: { ...podSpec, ...(variant.spec as Json) } } },
})
const templateVariants = podVariants.filter((_, i) => i % 2 === 0).map(inTemplate)
const selector = { matchLabels: labels }
const scalable = ['status', 'scale']

/** Kinds of core, apps and batch that hold pods. */
export const podTemplates: readonly Template[] = [
  kindOf('v1 Pod pods', {
    body: { spec: podSpec },
    variants: podVariants,
    changes: [
      inContainer({ image: 'nginx:2' }),
      { spec: { activeDeadlineSeconds: 10 } },
      { spec: { tolerations: [{ operator: 'Exists' }] } },
      { spec: { terminationGracePeriodSeconds: 1 } },
      { spec: { nodeName: 'other' } },
      { spec: { hostNetwork: true } },
      { spec: { nodeSelector: { a: 'b' } } },
      { spec: { containers: [container, { name: 'more', image: 'b' }] } },
      { status: { phase: 'Running', podIP: '10.1.2.3' } },
    ],
    subresources: ['status', 'ephemeralcontainers', 'resize'],
  }),
  kindOf('v1 ReplicationController replicationcontrollers', {
    body: { spec: { selector: labels, template: podTemplate } },
    variants: [...templateVariants, { spec: { replicas: 0, minReadySeconds: 3 } }],
    changes: [{ spec: { replicas: 3 } }, { spec: { selector: { other: 'x' } } }, { spec: { template: null } }],
    subresources: scalable,
  }),
  kindOf('v1 PodTemplate podtemplates', {
    body: { template: podTemplate },
    changes: [{ template: { spec: { hostIPC: true } } }],
  }),
  kindOf('apps/v1 Deployment deployments', {
    body: { spec: { selector, template: podTemplate } },
    variants: [
      ...templateVariants,
      { spec: { strategy: { type: 'Recreate' } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: '50%' } } } },
      { spec: { paused: true, replicas: 0, revisionHistoryLimit: 0, progressDeadlineSeconds: 100 } },
    ],
    changes: [
      { spec: { replicas: 3 } },
      { spec: { selector: { matchLabels: { a: 'b' } } } },
      { spec: { template: { metadata: { labels: { x: 'y' } } } } },
      { spec: { strategy: { type: 'Recreate' } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
      { spec: { progressDeadlineSeconds: 0, minReadySeconds: 5 } },
      { status: { replicas: 2, readyReplicas: 3 } },
    ],
    subresources: scalable,
  }),
  kindOf('apps/v1 ReplicaSet replicasets', {
    body: { spec: { selector, template: podTemplate } },
    variants: [...templateVariants, { spec: { replicas: 0, minReadySeconds: 5 } }],
    changes: [
      { spec: { replicas: -1 } },
      { spec: { selector: { matchLabels: { a: 'b' } } } },
      { status: { replicas: 1 } },
    ],
    subresources: scalable,
  }),
  kindOf('apps/v1 StatefulSet statefulsets', {
    body: { spec: { serviceName: 's', selector, template: podTemplate } },
    variants: [
      ...templateVariants,
      { spec: { podManagementPolicy: 'Parallel', ordinals: { start: 1 } } },
      {
        spec: { updateStrategy: { type: 'OnDelete' }, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } },
      },
      {
        spec: {
          volumeClaimTemplates: [
            {
              metadata: { name: 'd' },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          ],
        },
      },
    ],
    changes: [
      { spec: { replicas: 2 } },
      { spec: { serviceName: 'other' } },
      { spec: { podManagementPolicy: 'Parallel' } },
      { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } } },
      { spec: { revisionHistoryLimit: 3 } },
      { status: { replicas: 1, currentReplicas: 5 } },
    ],
    subresources: scalable,
  }),
  kindOf('apps/v1 DaemonSet daemonsets', {
    body: { spec: { selector, template: podTemplate } },
    variants: [
      ...templateVariants,
      { spec: { updateStrategy: { type: 'OnDelete' } } },
      { spec: { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } },
    ],
    changes: [
      { spec: { selector: { matchLabels: { a: 'b' } } } },
      { spec: { template: { spec: { hostPID: true } } } },
      { spec: { updateStrategy: { type: 'OnDelete' } } },
      { status: { numberReady: -1 } },
    ],
    subresources: ['status'],
  }),
  kindOf('apps/v1 ControllerRevision controllerrevisions', {
    body: { revision: 1, data: { a: 1 } },
    changes: [{ revision: 2 }, { data: { a: 2 } }, { revision: -1 }],
  }),
  kindOf('batch/v1 Job jobs', {
    body: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
    variants: [
      { spec: { parallelism: 2, completions: 4, backoffLimit: 0 } },
      { spec: { completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 1 } },
      { spec: { suspend: true, ttlSecondsAfterFinished: 5, activeDeadlineSeconds: 10 } },
      {
        spec: { podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] } },
      },
      { spec: { podReplacementPolicy: 'Failed', managedBy: 'example.com/x' } },
      { spec: { completionMode: 'Indexed', completions: 3, successPolicy: { rules: [{ succeededIndexes: '0-1' }] } } },
      { spec: { manualSelector: true, selector, template: { metadata: { labels } } } },
    ],
    changes: [
      { spec: { parallelism: 5 } },
      { spec: { completions: 2 } },
      { spec: { suspend: true } },
      { spec: { template: { spec: { hostPID: true } } } },
      { spec: { completionMode: 'Indexed' } },
      { spec: { ttlSecondsAfterFinished: 9 } },
      { status: { active: 1, succeeded: 1 } },
    ],
    subresources: ['status'],
  }),
  kindOf('batch/v1 CronJob cronjobs', {
    body: {
      spec: {
        schedule: '*/5 * * * *',
        jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'OnFailure' } } } },
      },
    },
    variants: [
      { spec: { timeZone: 'Europe/Paris', concurrencyPolicy: 'Forbid' } },
      { spec: { suspend: true, startingDeadlineSeconds: 10, successfulJobsHistoryLimit: 0 } },
      { spec: { schedule: '@hourly' } },
    ],
    changes: [
      { spec: { schedule: '61 * * * *' } },
      { spec: { timeZone: 'Nowhere/X' } },
      { spec: { suspend: true } },
      { spec: { schedule: 'TZ=UTC 0 0 * * *' } },
    ],
    subresources: ['status'],
  }),
]
