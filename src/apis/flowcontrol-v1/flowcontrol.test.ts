import { describe, expect, test } from '@jest/globals'
import type { FlowSchema, PriorityLevelConfiguration } from '../generated/flowcontrol-v1.js'
import { cells, createErrors, prepared, statusErrors } from '../kind-testing.js'
import { flowSchema, priorityLevelConfiguration } from './index.js'
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from './mandatory.js'
import { suggestedFlowSchemas, suggestedPriorityLevels } from './suggested.js'

const clone = <T>(value: T): T => structuredClone(value)
const metadata = { name: 'x' }
const level = (spec: object, name = 'x') => ({ metadata: { name }, spec }) as PriorityLevelConfiguration
const schema = (spec: object, name = 'x') => ({ metadata: { name }, spec }) as FlowSchema
const priorityLevelConfigurationReference = { priorityLevelConfiguration: { name: 'global-default' } }
const rules = (rule: object) => schema({ ...priorityLevelConfigurationReference, rules: [rule] })
const subjects = [{ kind: 'User', user: { name: 'a' } }]
const limited = (parts: object) => level({ type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...parts } })
const queued = (queuing: object) => limited({ limitResponse: { type: 'Queue', queuing } })

describe('what every cluster has', () => {
  test.each([...mandatoryFlowSchemas, ...suggestedFlowSchemas])('flow schema $metadata.name is valid and whole', fs => {
    const before = clone(fs)
    expect(createErrors(flowSchema, fs)).toEqual([])
    expect(fs.spec).toEqual(before.spec)
  })

  test.each([...mandatoryPriorityLevels, ...suggestedPriorityLevels])(
    'priority level $metadata.name is valid and whole',
    pl => {
      const before = clone(pl)
      expect(createErrors(priorityLevelConfiguration, pl)).toEqual([])
      expect(pl.spec).toEqual(before.spec)
    },
  )
})

test.each([
  {
    name: 'an empty spec',
    object: schema({}),
    expected: ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
  },
  {
    name: 'precedence 1 of another',
    object: schema({ ...priorityLevelConfigurationReference, matchingPrecedence: 1 }),
    expected: [
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
  },
  {
    name: 'a distinguisher unknown',
    object: schema({ ...priorityLevelConfigurationReference, distinguisherMethod: { type: 'x' } }),
    expected: [
      'spec.distinguisherMethod.type: Unsupported value: {"Type":"x"}: supported values: "ByNamespace", "ByUser"',
    ],
  },
  {
    name: 'a rule of nothing',
    object: rules({}),
    expected: [
      'spec.rules[0].subjects: Required value: subjects must contain at least one value',
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
  },
  {
    name: 'a subject of two kinds',
    object: rules({
      subjects: [{ kind: 'Group', user: { name: 'a' } }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/a*'] }],
    }),
    expected: [
      "spec.rules[0].subjects[0].group: Required value: group is required when subject kind is 'Group'",
      "spec.rules[0].subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'",
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*": wildcard can only do suffix matching',
    ],
  },
  {
    name: 'resource rules without scope',
    object: rules({ subjects, resourceRules: [{ verbs: ['*', 'get'], apiGroups: ['a', '*'], resources: [] }] }),
    expected: [
      `spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
      `spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["a","*"]: if '*' is present, must not specify other api groups`,
      'spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource',
      'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
    ],
  },
])('a flow schema with $name', ({ object, expected }) => {
  expect(createErrors(flowSchema, object)).toEqual(expected)
})

test.each([
  {
    name: 'exempt under another name',
    object: level({ type: 'Exempt' }),
    expected: [`spec.type: Invalid value: "Exempt": must be 'Exempt' if and only if \`name\` is 'exempt'`],
  },
  {
    name: 'no limits',
    object: level({ type: 'Limited' }),
    expected: ['spec.limited: Required value: must not be empty when type is Limited'],
  },
  {
    name: 'shares below zero and lending above a hundred',
    object: limited({ nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 }),
    expected: [
      'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
      'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
      'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
    ],
  },
  {
    name: 'a hand larger than the deck',
    object: queued({ queues: 4, handSize: 5 }),
    expected: ['spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)'],
  },
  {
    name: 'more hands than a hash can tell apart',
    object: queued({ queues: 512, handSize: 8 }),
    expected: [
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60',
    ],
  },
])('a priority level with $name', ({ object, expected }) => {
  expect(createErrors(priorityLevelConfiguration, object)).toEqual(expected)
})

test('mandatory objects keep their specs', () => {
  const catchAll = clone(mandatoryPriorityLevels[0]!)
  catchAll.spec.limited!.nominalConcurrencyShares = 7
  // Recorded from kube-apiserver v1.34.4.
  expect(createErrors(priorityLevelConfiguration, catchAll)).toEqual([
    'spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":7,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of \'catch-all\' must equal the fixed value',
  ])
  const exempt = clone(mandatoryFlowSchemas[0]!)
  exempt.spec.matchingPrecedence = 7
  expect(createErrors(flowSchema, exempt)).toEqual([
    'spec: Invalid value: {"PriorityLevelConfiguration":{"Name":"exempt"},"MatchingPrecedence":7,"DistinguisherMethod":null,"Rules":[{"Subjects":[{"Kind":"Group","User":null,"Group":{"Name":"system:masters"},"ServiceAccount":null}],"ResourceRules":[{"Verbs":["*"],"APIGroups":["*"],"Resources":["*"],"ClusterScope":true,"Namespaces":["*"]}],"NonResourceRules":[{"Verbs":["*"],"NonResourceURLs":["*"]}]}]}: spec of \'exempt\' must equal the fixed value',
  ])
})

test('the shares of the exempt level may be changed', () => {
  const exempt = clone(mandatoryPriorityLevels[1]!)
  exempt.spec.exempt = { nominalConcurrencyShares: 3 }
  expect(createErrors(priorityLevelConfiguration, exempt)).toEqual([])
})

test('defaults', () => {
  expect(prepared(flowSchema, schema({ ...priorityLevelConfigurationReference })).spec.matchingPrecedence).toBe(1000)
  expect(prepared(priorityLevelConfiguration, queued({})).spec.limited).toEqual({
    nominalConcurrencyShares: 30,
    lendablePercent: 0,
    limitResponse: { type: 'Queue', queuing: { handSize: 8, queues: 64, queueLengthLimit: 50 } },
  })
})

test('a condition twice, and one without a type', () => {
  const conditions = [{ type: 'a' }, { type: 'a' }, {}]
  const object = { ...schema({}), metadata, status: { conditions } }
  expect(statusErrors(flowSchema, object, object)).toEqual([
    'status.conditions[1].type: Duplicate value: "a"',
    'status.conditions[2].type: Required value',
  ])
})

test('rows', () => {
  expect(cells(flowSchema, suggestedFlowSchemas[0]!)).toMatchObject({
    PriorityLevel: 'system',
    MatchingPrecedence: 500,
    DistinguisherMethod: 'ByUser',
    MissingPL: '?',
  })
  expect(cells(priorityLevelConfiguration, mandatoryPriorityLevels[1]!)).toMatchObject({
    Type: 'Exempt',
    NominalConcurrencyShares: '<none>',
    Queues: '<none>',
  })
})

test('a write of the status leaves metadata alone but for its managers', () => {
  const write = { now: 0, subresource: 'status', dryRun: false }
  const old = schema(priorityLevelConfigurationReference)
  const object = {
    ...clone(old),
    metadata: { name: 'x', annotations: { a: 'b' }, resourceVersion: '5', managedFields: [] },
  }
  flowSchema.strategy.prepareForUpdate?.(object, old, write)
  expect(object.metadata).toEqual({ name: 'x', resourceVersion: '5', managedFields: [] })
})
