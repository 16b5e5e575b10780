/** The shape of a KubeSchedulerConfiguration: fields that are not in it, and values of another type, are refused. */
import type { Shape } from '../../machinery/shape.js'

const pluginSet = {
  enabled: [{ name: 'string', weight: 'number' }],
  disabled: [{ name: 'string', weight: 'number' }],
} as const
const points = ['preEnqueue', 'queueSort', 'preFilter', 'filter', 'postFilter', 'preScore', 'score', 'reserve'] as const
const morePoints = ['permit', 'preBind', 'bind', 'postBind', 'multiPoint'] as const
const typed = { apiVersion: 'string', kind: 'string' } as const
const shapePoints = [{ utilization: 'number', score: 'number' }] as const
const resources = [{ name: 'string', weight: 'number' }] as const

/** Arguments of the plugins that take some. */
export const argsShapes: Record<string, Shape> = {
  DefaultPreemption: { ...typed, minCandidateNodesPercentage: 'number', minCandidateNodesAbsolute: 'number' },
  DynamicResources: { ...typed, filterTimeout: 'string' },
  InterPodAffinity: { ...typed, hardPodAffinityWeight: 'number', ignorePreferredTermsOfExistingPods: 'boolean' },
  NodeAffinity: { ...typed, addedAffinity: 'any' },
  NodeResourcesBalancedAllocation: { ...typed, resources },
  NodeResourcesFit: {
    ...typed,
    ignoredResources: ['string'],
    ignoredResourceGroups: ['string'],
    scoringStrategy: { type: 'string', resources, requestedToCapacityRatio: { shape: shapePoints } },
  },
  PodTopologySpread: { ...typed, defaultingType: 'string', defaultConstraints: 'any' },
  VolumeBinding: { ...typed, bindTimeoutSeconds: 'number', shape: shapePoints },
}

const extender: Shape = {
  urlPrefix: 'string',
  filterVerb: 'string',
  preemptVerb: 'string',
  prioritizeVerb: 'string',
  weight: 'number',
  bindVerb: 'string',
  enableHTTPS: 'boolean',
  tlsConfig: {
    insecure: 'boolean',
    serverName: 'string',
    certFile: 'string',
    keyFile: 'string',
    caFile: 'string',
    certData: 'string',
    keyData: 'string',
    caData: 'string',
  },
  httpTimeout: 'string',
  nodeCacheCapable: 'boolean',
  managedResources: [{ name: 'string', ignoredByScheduler: 'boolean' }],
  ignorable: 'boolean',
}

export const configurationShape: Shape = {
  ...typed,
  parallelism: 'number',
  leaderElection: 'any',
  clientConnection: 'any',
  enableProfiling: 'boolean',
  enableContentionProfiling: 'boolean',
  percentageOfNodesToScore: 'number',
  podInitialBackoffSeconds: 'number',
  podMaxBackoffSeconds: 'number',
  delayCacheUntilActive: 'boolean',
  profiles: [
    {
      schedulerName: 'string',
      percentageOfNodesToScore: 'number',
      plugins: Object.fromEntries([...points, ...morePoints].map(point => [point, pluginSet])),
      pluginConfig: [{ name: 'string', args: 'any' }],
    },
  ],
  extenders: [extender],
}
