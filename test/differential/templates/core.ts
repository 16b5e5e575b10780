/** Kinds of the core group without pods in them. */
import { kindOf, type Template } from './template.js'

const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const port = { port: 80 }

export const coreTemplates: readonly Template[] = [
  kindOf('v1 ConfigMap configmaps', {
    body: { data: { a: '1' } },
    variants: [{ binaryData: { b: 'AAE=' } }, { immutable: true }],
    changes: [{ data: { a: '2', 'x y': '' } }, { data: null }, { immutable: true }, { binaryData: { a: 'AA==' } }],
  }),
  kindOf('v1 Secret secrets', {
    body: { data: { a: 'YQ==' } },
    variants: [
      { stringData: { b: 'text' } },
      { type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } },
      { type: 'kubernetes.io/basic-auth', stringData: { username: 'u' } },
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'e30=' } },
      { immutable: true },
    ],
    changes: [
      { type: 'example.com/other' },
      { data: { a: 'Yg==' } },
      { stringData: { a: 'c' } },
      { immutable: true },
      { data: { a: '%' } },
    ],
  }),
  kindOf('v1 Service services', {
    body: { spec: { selector: { app: 'web' }, ports: [port] } },
    variants: [
      { spec: { type: 'NodePort' } },
      { spec: { type: 'NodePort', ports: [{ ...port, nodePort: 30011 }] } },
      { spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } },
      { spec: { type: 'ExternalName', externalName: 'a.example.com', ports: null, selector: null } },
      { spec: { clusterIP: 'None' } },
      { spec: { clusterIP: '10.96.0.77' } },
      {
        spec: {
          ports: [
            { name: 'a', port: 80, targetPort: 'http' },
            { name: 'b', port: 80, protocol: 'UDP' },
          ],
        },
      },
      { spec: { sessionAffinity: 'ClientIP', publishNotReadyAddresses: true } },
      { spec: { externalIPs: ['1.2.3.4'], internalTrafficPolicy: 'Local', trafficDistribution: 'PreferClose' } },
      { spec: { ipFamilyPolicy: 'PreferDualStack' } },
    ],
    changes: [
      { spec: { type: 'ClusterIP' } },
      { spec: { type: 'NodePort' } },
      { spec: { clusterIP: '10.96.0.88' } },
      { spec: { ports: [{ port: 81 }, { port: 82 }] } },
      { spec: { type: 'ExternalName', externalName: 'b.example.com' } },
      { spec: { ipFamilies: ['IPv6'] } },
      { spec: { sessionAffinity: 'ClientIP' } },
      { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } },
    ],
    subresources: ['status'],
  }),
  kindOf('v1 Endpoints endpoints', {
    body: { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }] },
    variants: [
      {
        subsets: [
          {
            notReadyAddresses: [{ ip: '10.1.1.2', hostname: 'h' }, { ip: '10.1.1.1' }],
            ports: [
              { name: 'b', port: 2 },
              { name: 'a', port: 1 },
            ],
          },
        ],
      },
    ],
    changes: [{ subsets: null }, { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] }],
  }),
  kindOf('v1 LimitRange limitranges', {
    body: { spec: { limits: [{ type: 'Container', default: { cpu: '1' }, min: { cpu: '10m' } }] } },
    variants: [
      {
        spec: {
          limits: [
            { type: 'Pod', max: { memory: '1Gi' } },
            { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } },
          ],
        },
      },
    ],
    changes: [{ spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } }],
  }),
  kindOf('v1 ResourceQuota resourcequotas', {
    body: { spec: { hard: { pods: '10', 'requests.cpu': '4' } } },
    variants: [
      { spec: { hard: { 'count/deployments.apps': '1' } } },
      { spec: { hard: { pods: '1' }, scopes: ['BestEffort'] } },
    ],
    changes: [
      { spec: { hard: { pods: '-1' } } },
      { spec: { scopes: ['Terminating'] } },
      { status: { hard: { pods: '3' }, used: { pods: '1' } } },
    ],
    subresources: ['status'],
  }),
  kindOf('v1 ServiceAccount serviceaccounts', {
    body: {},
    variants: [
      { automountServiceAccountToken: false, imagePullSecrets: [{ name: 'a' }] },
      { secrets: [{ name: 's' }] },
    ],
    changes: [{ secrets: [{ name: 'x' }] }, { automountServiceAccountToken: true }],
  }),
  kindOf('v1 PersistentVolumeClaim persistentvolumeclaims', {
    body: { spec: claim },
    variants: [
      { spec: { storageClassName: '' } },
      { spec: { volumeMode: 'Block' } },
      { spec: { dataSource: { kind: 'PersistentVolumeClaim', name: 'o' } } },
    ],
    changes: [
      { spec: { resources: { requests: { storage: '2Gi' } } } },
      { spec: { storageClassName: 'x' } },
      { spec: { accessModes: ['ReadOnlyMany'] } },
      { spec: { volumeName: 'v' } },
      { status: { phase: 'Bound', capacity: { storage: '1Gi' } } },
    ],
    subresources: ['status'],
  }),
  kindOf('v1 PersistentVolume persistentvolumes cluster', {
    body: { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } },
    variants: [
      { spec: { persistentVolumeReclaimPolicy: 'Delete', storageClassName: 'c', mountOptions: ['ro'] } },
      { spec: { hostPath: null, nfs: { server: 's', path: '/p' } } },
      { spec: { hostPath: null, csi: { driver: 'd', volumeHandle: 'h' } } },
      { spec: { claimRef: { namespace: 'a', name: 'b' } } },
    ],
    changes: [
      { spec: { capacity: { storage: '2Gi' } } },
      { spec: { hostPath: { path: '/y' } } },
      { spec: { persistentVolumeReclaimPolicy: 'Recycle' } },
      { status: { phase: 'Available' } },
    ],
    subresources: ['status'],
  }),
  kindOf('v1 Namespace namespaces cluster', {
    body: {},
    changes: [{ spec: { finalizers: ['example.com/f'] } }, { metadata: { labels: { a: 'b' } } }],
    subresources: ['status'],
  }),
  kindOf('v1 Node nodes cluster', {
    body: {},
    variants: [
      { spec: { podCIDR: '10.2.0.0/24', taints: [{ key: 'a', effect: 'NoSchedule' }] } },
      { spec: { unschedulable: true, providerID: 'x' } },
    ],
    changes: [
      { spec: { podCIDR: '10.3.0.0/24' } },
      { spec: { unschedulable: true } },
      { spec: { providerID: 'y' } },
      { status: { capacity: { cpu: '4' }, nodeInfo: null } },
    ],
    subresources: ['status'],
  }),
  kindOf('v1 Event events', {
    body: name => ({ involvedObject: { kind: 'Pod', name, namespace: 'default' }, reason: 'Tested', type: 'Normal' }),
    variants: [{ count: 2, message: 'm', source: { component: 'c' } }],
    changes: [{ count: 5 }, { reason: 'x' }, { type: 'Odd' }],
  }),
]
