/** Kinds of autoscaling, policy, networking, discovery, rbac, storage, scheduling, coordination, node and events. */
import { kindOf, type Template } from './template.js'

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }
const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
const backend = { service: { name: 's', port: { number: 80 } } }
const ingressRule = { host: 'a.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }

export const clusterTemplates: readonly Template[] = [
  kindOf('autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers', {
    body: { spec: { scaleTargetRef: target, maxReplicas: 3 } },
    variants: [
      { spec: { metrics: [cpu], minReplicas: 2 } },
      {
        spec: {
          behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }], selectPolicy: 'Min' } },
        },
      },
      {
        spec: {
          metrics: [{ type: 'External', external: { metric: { name: 'm' }, target: { type: 'Value', value: '5' } } }],
        },
      },
    ],
    changes: [
      { spec: { maxReplicas: 0 } },
      { spec: { minReplicas: 5 } },
      { spec: { metrics: [{ type: 'Odd' }] } },
      { status: { currentReplicas: 1, desiredReplicas: 2 } },
    ],
    subresources: ['status'],
  }),
  kindOf('autoscaling/v1 HorizontalPodAutoscaler horizontalpodautoscalers', {
    body: { spec: { scaleTargetRef: target, maxReplicas: 3 } },
    variants: [{ spec: { targetCPUUtilizationPercentage: 70 } }],
    changes: [{ spec: { maxReplicas: -1 } }, { spec: { targetCPUUtilizationPercentage: 0 } }],
    subresources: ['status'],
  }),
  kindOf('policy/v1 PodDisruptionBudget poddisruptionbudgets', {
    body: { spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } },
    variants: [
      { spec: { minAvailable: null, maxUnavailable: '20%' } },
      { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
    ],
    changes: [
      { spec: { minAvailable: '150%' } },
      { spec: { maxUnavailable: 1 } },
      { spec: { selector: null } },
      { status: { disruptionsAllowed: 1, expectedPods: 1, currentHealthy: 1, desiredHealthy: 1 } },
    ],
    subresources: ['status'],
  }),
  kindOf('networking.k8s.io/v1 Ingress ingresses', {
    body: { spec: { rules: [ingressRule] } },
    variants: [
      { spec: { defaultBackend: backend, ingressClassName: 'c' } },
      { spec: { tls: [{ hosts: ['a.example.com'], secretName: 's' }] } },
    ],
    changes: [
      { spec: { rules: null } },
      { spec: { ingressClassName: 'B_d' } },
      { spec: { rules: [{ host: '*.*' }] } },
      { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } },
    ],
    subresources: ['status'],
  }),
  kindOf('networking.k8s.io/v1 IngressClass ingressclasses cluster', {
    body: { spec: { controller: 'example.com/c' } },
    variants: [{ spec: { parameters: { apiGroup: 'g.example.com', kind: 'K', name: 'n' } } }],
    changes: [{ spec: { controller: 'other.com/c' } }],
  }),
  kindOf('networking.k8s.io/v1 NetworkPolicy networkpolicies', {
    body: { spec: { podSelector: {} } },
    variants: [
      {
        spec: {
          ingress: [
            {
              from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
              ports: [{ port: 80, endPort: 90 }],
            },
          ],
        },
      },
      { spec: { policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {}, podSelector: {} }] }] } },
    ],
    changes: [{ spec: { policyTypes: ['Odd'] } }, { spec: { egress: [{ to: [{}] }] } }],
  }),
  kindOf('networking.k8s.io/v1 IPAddress ipaddresses cluster', {
    body: { spec: { parentRef: { resource: 'services', name: 'x', namespace: 'default' } } },
    nameOf: base =>
      `10.200.${[...base].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 60_000, 7) >> 8}.${[...base].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 250, 7) + 1}`,
    changes: [{ spec: { parentRef: { name: 'y' } } }],
  }),
  kindOf('networking.k8s.io/v1 ServiceCIDR servicecidrs cluster', {
    body: { spec: { cidrs: ['192.168.77.0/24'] } },
    settles: '"Ready"',
    apart: true,
    changes: [{ spec: { cidrs: ['192.168.78.0/24'] } }, { spec: { cidrs: ['x'] } }],
    subresources: ['status'],
  }),
  kindOf('discovery.k8s.io/v1 EndpointSlice endpointslices', {
    body: { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.1.1'] }], ports: [{ name: 'http', port: 80 }] },
    variants: [
      {
        endpoints: [
          { addresses: ['10.1.1.1'], conditions: { ready: true }, zone: 'z', hints: { forZones: [{ name: 'z' }] } },
        ],
      },
    ],
    changes: [
      { addressType: 'IPv6' },
      { endpoints: [] },
      { endpoints: [{ addresses: ['::1'] }] },
      { ports: [{ port: 0 }] },
    ],
  }),
  kindOf('rbac.authorization.k8s.io/v1 Role roles', {
    body: { rules: [rule] },
    changes: [{ rules: [] }, { rules: [{ verbs: [] }] }],
  }),
  kindOf('rbac.authorization.k8s.io/v1 RoleBinding rolebindings', {
    body: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'User', name: 'u' }],
    },
    variants: [
      {
        subjects: [
          { kind: 'ServiceAccount', name: 's', namespace: 'n' },
          { kind: 'Group', name: 'g', apiGroup: 'rbac.authorization.k8s.io' },
        ],
      },
    ],
    changes: [{ roleRef: { name: 'other' } }, { subjects: [{ kind: 'Odd', name: 'x' }] }, { subjects: null }],
  }),
  kindOf('rbac.authorization.k8s.io/v1 ClusterRole clusterroles cluster', {
    body: { rules: [rule] },
    variants: [
      { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] },
      { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
    ],
    changes: [{ rules: [{ verbs: ['get'], nonResourceURLs: ['x'], resources: ['a'] }] }, { rules: null }],
  }),
  kindOf('rbac.authorization.k8s.io/v1 ClusterRoleBinding clusterrolebindings cluster', {
    body: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'u' }],
    },
    changes: [{ roleRef: { name: 'other' } }, { subjects: [{ kind: 'ServiceAccount', name: 'x' }] }],
  }),
  kindOf('storage.k8s.io/v1 StorageClass storageclasses cluster', {
    body: { provisioner: 'example.com/p' },
    variants: [
      { parameters: { a: 'b' }, allowVolumeExpansion: true, volumeBindingMode: 'WaitForFirstConsumer' },
      { allowedTopologies: [{ matchLabelExpressions: [{ key: 'a', values: ['b'] }] }] },
    ],
    changes: [
      { provisioner: 'x' },
      { parameters: { a: 'c' } },
      { reclaimPolicy: 'Retain' },
      { allowVolumeExpansion: true },
    ],
  }),
  kindOf('storage.k8s.io/v1 CSIDriver csidrivers cluster', {
    body: { spec: {} },
    variants: [
      { spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'], tokenRequests: [{ audience: 'a' }] } },
    ],
    changes: [
      { spec: { attachRequired: false } },
      { spec: { podInfoOnMount: true } },
      { spec: { fsGroupPolicy: 'Odd' } },
    ],
  }),
  kindOf('storage.k8s.io/v1 CSINode csinodes cluster', {
    body: { spec: { drivers: [{ name: 'd.example.com', nodeID: 'n', topologyKeys: ['k'] }] } },
    changes: [
      { spec: { drivers: [{ name: 'd.example.com', nodeID: 'other', topologyKeys: null }] } },
      { spec: { drivers: [] } },
    ],
  }),
  kindOf('storage.k8s.io/v1 CSIStorageCapacity csistoragecapacities', {
    body: { storageClassName: 'c' },
    variants: [{ capacity: '1Gi', maximumVolumeSize: '1Mi', nodeTopology: { matchLabels: { a: 'b' } } }],
    changes: [{ storageClassName: 'd' }, { capacity: '-1' }],
  }),
  kindOf('storage.k8s.io/v1 VolumeAttachment volumeattachments cluster', {
    body: { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } } },
    changes: [{ spec: { nodeName: 'm' } }, { status: { attached: true } }],
    subresources: ['status'],
  }),
  kindOf('storage.k8s.io/v1 VolumeAttributesClass volumeattributesclasses cluster', {
    body: { driverName: 'd.example.com', parameters: { a: 'b' } },
    changes: [{ driverName: 'e' }, { parameters: { a: 'c' } }],
  }),
  kindOf('scheduling.k8s.io/v1 PriorityClass priorityclasses cluster', {
    frozen: ['globalDefault'],
    body: { value: 10 },
    variants: [{ preemptionPolicy: 'Never', description: 'x' }],
    changes: [{ value: 20 }, { preemptionPolicy: 'Never' }, { description: 'y' }],
  }),
  kindOf('coordination.k8s.io/v1 Lease leases', {
    body: { spec: { holderIdentity: 'h', leaseDurationSeconds: 10 } },
    variants: [
      { spec: { renewTime: '2024-01-02T03:04:05.000000Z', leaseTransitions: 1 } },
      { spec: { strategy: 'OldestEmulationVersion' } },
    ],
    changes: [
      { spec: { leaseDurationSeconds: 0 } },
      { spec: { leaseTransitions: -1 } },
      { spec: { holderIdentity: '' } },
    ],
  }),
  kindOf('node.k8s.io/v1 RuntimeClass runtimeclasses cluster', {
    body: { handler: 'h' },
    variants: [
      {
        overhead: { podFixed: { cpu: '10m' } },
        scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }] },
      },
    ],
    changes: [{ handler: 'i' }, { overhead: { podFixed: { cpu: '1' } } }],
  }),
  kindOf('events.k8s.io/v1 Event events', {
    body: {
      eventTime: '2024-01-02T03:04:05.000000Z',
      reportingController: 'example.com/c',
      reportingInstance: 'i',
      action: 'a',
      reason: 'r',
      type: 'Normal',
      regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
    },
    variants: [
      {
        note: 'n',
        related: { kind: 'Node', name: 'm' },
        series: { count: 2, lastObservedTime: '2024-01-02T03:04:05.000000Z' },
      },
    ],
    changes: [
      { reason: 'x' },
      { series: { count: 3, lastObservedTime: '2024-01-02T03:04:05.000000Z' } },
      { note: 'z' },
    ],
  }),
]
