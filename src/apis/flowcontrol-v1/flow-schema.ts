/** FlowSchema says which requests belong together, and at which priority level they are served. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsDnsSubdomain } from '../../machinery/name-rules.js'
import type { FlowSchema, FlowSchemaSpec } from '../generated/flowcontrol-v1.js'
import { age } from '../printing/age.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { keepAllMetadata } from '../validation/status-metadata.js'
import { flowSchemaSpecValue } from './internal-value.js'
import { mandatoryFlowSchemas } from './mandatory.js'
import { validatePolicyRules } from './policy-rules.js'
import { validateStatusConditions } from './status-conditions.js'

const defaultPrecedence = 1000
const maxPrecedence = 10_000
const distinguishers = ['ByNamespace', 'ByUser']

function* validatePrecedence(precedence: number, name: string): Generator<FieldError> {
  const path = 'spec.matchingPrecedence'
  if (precedence <= 0) yield invalid(path, precedence, 'must be a positive value')
  if (precedence > maxPrecedence) yield invalid(path, precedence, `must not be greater than ${maxPrecedence}`)
  if (precedence === 1 && name !== 'exempt')
    yield invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
}

function* validateSpec(spec: FlowSchemaSpec, name: string): Generator<FieldError> {
  yield* validatePrecedence(spec.matchingPrecedence ?? 0, name)
  const { distinguisherMethod: method } = spec
  if (method && !distinguishers.includes(method.type))
    yield notSupported('spec.distinguisherMethod.type', { Type: method.type ?? '' }, distinguishers)
  const path = 'spec.priorityLevelConfiguration.name'
  const level = spec.priorityLevelConfiguration?.name
  if (!level) yield required(path, 'must reference a priority level')
  else for (const message of nameIsDnsSubdomain(level, false)) yield invalid(path, level, message)
  for (const [i, rule] of (spec.rules ?? []).entries()) yield* validatePolicyRules(rule, `spec.rules[${i}]`)
}

const byPrecedence = (a: FlowSchema, b: FlowSchema): number => {
  const order = (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0)
  if (order) return order
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1
}

export const flowSchema = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  scope: 'Cluster',
  names: { plural: 'flowschemas' },

  setDefaults({ spec }) {
    spec.matchingPrecedence ||= defaultPrecedence
  },
  updateChecks: ['meta', 'spec', 'change'],
  *validate({ metadata: { name = '' }, spec, status }) {
    yield* validateSpec(spec, name)
    const fixed = mandatoryFlowSchemas.find(schema => schema.metadata.name === name)
    if (fixed && !semanticEqual(spec, fixed.spec))
      yield invalid('spec', flowSchemaSpecValue(spec), `spec of '${name}' must equal the fixed value`)
    yield* validateStatusConditions(status?.conditions)
  },

  strategy: {
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') keepAllMetadata(object, old)
    },
  },
  subresources: {
    status: { skipsMetadata: true, validateUpdate: ({ status }) => validateStatusConditions(status?.conditions) },
  },
  rowOrder: byPrecedence,
  printerColumns: [
    {
      name: 'PriorityLevel',
      description: '`name` is the name of the priority level configuration being referenced Required.',
      of: ({ spec }) => spec.priorityLevelConfiguration?.name ?? '',
    },
    {
      name: 'MatchingPrecedence',
      description:
        '`matchingPrecedence` is used to choose among the FlowSchemas that match a given request. The chosen FlowSchema is among those with the numerically lowest (which we take to be logically highest) MatchingPrecedence.  Each MatchingPrecedence value must be ranged in [1,10000]. Note that if the precedence is not specified, it will be set to 1000 as default.',
      of: ({ spec }) => spec.matchingPrecedence ?? 0,
    },
    {
      name: 'DistinguisherMethod',
      description:
        '`distinguisherMethod` defines how to compute the flow distinguisher for requests that match this schema. `nil` specifies that the distinguisher is disabled and thus will always be the empty string.',
      of: ({ spec }) => spec.distinguisherMethod?.type ?? '<none>',
    },
    age,
    {
      name: 'MissingPL',
      description: 'references a broken or non-existent PriorityLevelConfiguration',
      of: ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    },
  ],
})
