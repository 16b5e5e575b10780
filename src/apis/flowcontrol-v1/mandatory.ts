/** The flow schemas and priority levels that every cluster has and whose specs nobody may change. */
import type {
  FlowSchema,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
  Subject,
} from '../generated/flowcontrol-v1.js'

/** `"true"`: the server keeps the object's spec at what it suggests. */
export const autoUpdateAnnotation = 'apf.kubernetes.io/autoupdate-spec'

const annotations = { [autoUpdateAnnotation]: 'true' }

export const newPriorityLevel = (name: string, spec: PriorityLevelConfigurationSpec): PriorityLevelConfiguration => ({
  metadata: { name, annotations: { ...annotations } },
  spec,
})

interface FlowSchemaParts {
  level: string
  precedence: number
  distinguisher?: 'ByUser' | 'ByNamespace'
  rules: PolicyRulesWithSubjects[]
}

export const newFlowSchema = (
  name: string,
  { level, precedence, distinguisher, rules }: FlowSchemaParts,
): FlowSchema => ({
  metadata: { name, annotations: { ...annotations } },
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(distinguisher && { distinguisherMethod: { type: distinguisher } }),
    rules,
  },
})

export const groups = (...names: string[]): Subject[] => names.map(name => ({ kind: 'Group', group: { name } }))
export const users = (...names: string[]): Subject[] => names.map(name => ({ kind: 'User', user: { name } }))

export const resourceRule = (
  verbs: string[],
  apiGroup: string,
  { resources, clusterScope }: { resources: string[]; clusterScope: boolean },
): ResourcePolicyRule => ({
  verbs,
  apiGroups: [apiGroup],
  resources,
  ...(clusterScope && { clusterScope }),
  namespaces: ['*'],
})

/** Whatever those subjects ask for. */
export const everythingOf = (subjects: Subject[]): PolicyRulesWithSubjects[] => [
  {
    subjects,
    resourceRules: [resourceRule(['*'], '*', { resources: ['*'], clusterScope: true })],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  },
]

export const everybody = (): Subject[] => groups('system:unauthenticated', 'system:authenticated')

export const mandatoryPriorityLevels: readonly PriorityLevelConfiguration[] = [
  newPriorityLevel('catch-all', {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 },
  }),
  newPriorityLevel('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
]

export const mandatoryFlowSchemas: readonly FlowSchema[] = [
  newFlowSchema('exempt', { level: 'exempt', precedence: 1, rules: everythingOf(groups('system:masters')) }),
  newFlowSchema('catch-all', {
    level: 'catch-all',
    precedence: 10_000,
    distinguisher: 'ByUser',
    rules: everythingOf(everybody()),
  }),
]
