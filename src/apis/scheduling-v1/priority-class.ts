/** PriorityClass gives pods that name it a priority: who is scheduled first, and who is preempted. */
import { type FieldError, forbidden, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { PriorityClass } from '../generated/scheduling-v1.js'
import { age } from '../printing/age.js'
import { immutableField } from '../validation/immutable.js'

const systemPrefix = 'system-'
const highestUserPriority = 1_000_000_000
const systemCriticalPriority = 2 * highestUserPriority
const policies = ['PreemptLowerPriority', 'Never']

/** The classes that every cluster has; the server makes them at start. */
export const systemPriorityClasses: readonly PriorityClass[] = [
  {
    metadata: { name: 'system-node-critical' },
    value: systemCriticalPriority + 1000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    metadata: { name: 'system-cluster-critical' },
    value: systemCriticalPriority,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
]

function systemClassError({ metadata, value, globalDefault = false }: PriorityClass): string | undefined {
  const { name } = metadata
  const known = systemPriorityClasses.find(c => c.metadata.name === name)
  if (!known) return `${name} is not a known system priority class`
  if (known.value !== value) return `value of ${name} PriorityClass must be ${known.value}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

function* validateValue(object: PriorityClass): Generator<FieldError> {
  if (object.metadata.name?.startsWith(systemPrefix)) {
    const error = systemClassError(object)
    if (error)
      yield forbidden(
        'metadata.name',
        `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${error}`,
      )
  } else if (object.value > highestUserPriority) {
    yield forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`)
  }
}

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  scope: 'Cluster',
  names: { plural: 'priorityclasses', shortNames: ['pc'] },

  setDefaults(object) {
    object.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  updateChecks: ['metaUpdate', 'change'],
  *validate(object) {
    yield* validateValue(object)
    const { preemptionPolicy: policy } = object
    if (policy === '') yield required('preemptionPolicy')
    else if (policy !== undefined && !policies.includes(policy))
      yield notSupported('preemptionPolicy', policy, policies)
  },
  *validateUpdate({ value, preemptionPolicy }, old) {
    if (value !== old.value) yield forbidden('value', 'may not be changed in an update.')
    yield* immutableField(preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy')
  },

  strategy: {
    bumpGenerationOn: [],
    prepareForCreate({ metadata }) {
      metadata.generation = 1
    },
  },
  printerColumns: [
    {
      name: 'Value',
      description:
        'value represents the integer value of this priority class. This is the actual priority that pods receive when they have the name of this class in their pod spec.',
      type: 'integer',
      of: ({ value }) => value,
    },
    {
      name: 'Global-Default',
      description:
        'globalDefault specifies whether this PriorityClass should be considered as the default priority for pods that do not have any priority class. Only one PriorityClass can be marked as `globalDefault`. However, if more than one PriorityClasses exists with their `globalDefault` field set to true, the smallest value of such global default PriorityClasses will be used as the default priority.',
      type: 'boolean',
      of: ({ globalDefault }) => globalDefault ?? false,
    },
    age,
    {
      name: 'PreemptionPolicy',
      description:
        'preemptionPolicy is the Policy for preempting pods with lower priority. One of Never, PreemptLowerPriority. Defaults to PreemptLowerPriority if unset.',
      of: ({ preemptionPolicy }) => preemptionPolicy ?? '',
    },
  ],
})
