/** The flow schemas and priority levels that a cluster begins with, besides the mandatory ones; users may change them. */
import type { FlowSchema, PriorityLevelConfiguration, Subject } from '../generated/flowcontrol-v1.js'
import { everybody, everythingOf, groups, newFlowSchema, newPriorityLevel, resourceRule, users } from './mandatory.js'

interface Shares {
  shares: number
  lendable: number
  queues: number
  handSize: number
}

const queuedLevel = (name: string, { shares, lendable, queues, handSize }: Shares) =>
  newPriorityLevel(name, {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares: shares,
      limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
      lendablePercent: lendable,
    },
  })

/** Upstream's figures, in the order in which it makes them. */
export const suggestedPriorityLevels: readonly PriorityLevelConfiguration[] = [
  queuedLevel('system', { shares: 30, lendable: 33, queues: 64, handSize: 6 }),
  queuedLevel('node-high', { shares: 40, lendable: 25, queues: 64, handSize: 6 }),
  queuedLevel('leader-election', { shares: 10, lendable: 0, queues: 16, handSize: 4 }),
  queuedLevel('workload-high', { shares: 40, lendable: 50, queues: 128, handSize: 6 }),
  queuedLevel('workload-low', { shares: 100, lendable: 90, queues: 128, handSize: 6 }),
  queuedLevel('global-default', { shares: 20, lendable: 50, queues: 128, handSize: 6 }),
]

const controllerManager = 'system:kube-controller-manager'
const scheduler = 'system:kube-scheduler'
const leases = 'coordination.k8s.io'
const nodes = () => groups('system:nodes')
const kubeSystemAccounts = (): Subject[] => [
  { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } },
]

export const suggestedFlowSchemas: readonly FlowSchema[] = [
  newFlowSchema('system-nodes', {
    level: 'system',
    precedence: 500,
    distinguisher: 'ByUser',
    rules: everythingOf(nodes()),
  }),
  newFlowSchema('system-node-high', {
    level: 'node-high',
    precedence: 400,
    distinguisher: 'ByUser',
    rules: [
      {
        subjects: nodes(),
        resourceRules: [
          resourceRule(['*'], '', { resources: ['nodes', 'nodes/status'], clusterScope: true }),
          resourceRule(['*'], leases, { resources: ['leases'], clusterScope: false }),
        ],
      },
    ],
  }),
  newFlowSchema('probes', {
    level: 'exempt',
    precedence: 2,
    rules: [
      {
        subjects: everybody(),
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
      },
    ],
  }),
  newFlowSchema('system-leader-election', {
    level: 'leader-election',
    precedence: 100,
    distinguisher: 'ByUser',
    rules: [
      {
        subjects: [...users(controllerManager, scheduler), ...kubeSystemAccounts()],
        resourceRules: [
          resourceRule(['get', 'create', 'update'], leases, { resources: ['leases'], clusterScope: false }),
        ],
      },
    ],
  }),
  newFlowSchema('kube-controller-manager', {
    level: 'workload-high',
    precedence: 800,
    distinguisher: 'ByNamespace',
    rules: everythingOf(users(controllerManager)),
  }),
  newFlowSchema('kube-scheduler', {
    level: 'workload-high',
    precedence: 800,
    distinguisher: 'ByNamespace',
    rules: everythingOf(users(scheduler)),
  }),
  newFlowSchema('kube-system-service-accounts', {
    level: 'workload-high',
    precedence: 900,
    distinguisher: 'ByNamespace',
    rules: everythingOf(kubeSystemAccounts()),
  }),
  newFlowSchema('service-accounts', {
    level: 'workload-low',
    precedence: 9000,
    distinguisher: 'ByUser',
    rules: everythingOf(groups('system:serviceaccounts')),
  }),
  newFlowSchema('global-default', {
    level: 'global-default',
    precedence: 9900,
    distinguisher: 'ByUser',
    rules: everythingOf(everybody()),
  }),
]
