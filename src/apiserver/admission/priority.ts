/** Priority: turns a pod's priorityClassName into a number; only one class may be the default. */
import { systemPriorityClasses } from '../../apis/scheduling-v1/priority-class.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, priorityClasses } from './lookup.js'
import { asPod } from './pod-spec.js'

export interface PriorityClass extends KubernetesObject {
  value: number
  globalDefault?: boolean
  preemptionPolicy?: string
}

const systemClasses: ReadonlySet<string> = new Set(systemPriorityClasses.map(({ metadata }) => metadata.name ?? ''))

export function priority(lookup: Lookup): AdmissionPlugin {
  const defaultClass = async () =>
    (await lookup.list<PriorityClass>(priorityClasses))
      .filter(found => found.globalDefault)
      .sort((a, b) => a.value - b.value)[0]

  const classOf = async (attributes: AdmissionAttributes, name: string | undefined) => {
    if (!name) return defaultClass()
    const found = nameIsPathSegment(name, false).length
      ? undefined
      : await lookup.get<PriorityClass>(priorityClasses, { name })
    if (!found) throw refusal(attributes, `no PriorityClass with name ${name} was found`)
    return found
  }

  const onCreate = async (attributes: AdmissionAttributes) => {
    const { spec } = asPod(attributes.object)
    const found = await classOf(attributes, spec.priorityClassName)
    if (found) spec.priorityClassName = found.metadata.name ?? ''
    const value = found?.value ?? 0
    const policy = found ? found.preemptionPolicy : 'PreemptLowerPriority'
    const tail = 'given PriorityClass name'
    if (spec.priority !== undefined && spec.priority !== value)
      throw refusal(
        attributes,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the ${tail}`,
      )
    spec.priority = value
    if (!policy) return
    if (spec.preemptionPolicy && spec.preemptionPolicy !== policy)
      throw refusal(
        attributes,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the ${tail}`,
      )
    spec.preemptionPolicy = policy
  }

  return {
    name: 'Priority',
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    resources: ['pods', 'priorityclasses.scheduling.k8s.io'],

    async mutate(attributes) {
      if (attributes.kind.names.plural !== 'pods' || attributes.operation === 'DELETE') return
      if (attributes.operation === 'CREATE') return onCreate(attributes)
      const { spec } = asPod(attributes.object)
      const old = asPod(attributes.old).spec
      spec.priority ??= old.priority
      spec.preemptionPolicy ??= old.preemptionPolicy
    },

    async validate(attributes) {
      const { kind, operation, object, name } = attributes
      if (operation === 'DELETE') {
        if (kind.names.plural === 'priorityclasses' && systemClasses.has(name))
          throw refusal(attributes, 'this is a system priority class and cannot be deleted')
        return
      }
      if (kind.names.plural === 'pods' || !(object as unknown as PriorityClass).globalDefault) return
      const current = await defaultClass()
      if (current && (operation === 'CREATE' || current.metadata.name !== object?.metadata.name))
        throw refusal(
          attributes,
          `PriorityClass ${current.metadata.name} is already marked as default. Only one default can exist`,
        )
    },
  }
}
