/** RuntimeClass: a pod takes overhead and placement from its runtime class. */
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, runtimeClasses } from './lookup.js'
import { asPod, type Toleration } from './pod-spec.js'

interface RuntimeClass extends KubernetesObject {
  overhead?: { podFixed?: Record<string, string> }
  scheduling?: { nodeSelector?: Record<string, string>; tolerations?: Toleration[] }
}

const sameList = (a: Record<string, string> = {}, b: Record<string, string> = {}) =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

export function runtimeClass(lookup: Lookup): AdmissionPlugin {
  return {
    name: 'RuntimeClass',
    operations: ['CREATE'],
    resources: ['pods'],

    async mutate(attributes) {
      const { spec } = asPod(attributes.object)
      if (!spec.runtimeClassName) return
      const found = await lookup.get<RuntimeClass>(runtimeClasses, { name: spec.runtimeClassName })
      if (!found) throw refusal(attributes, `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found`)
      if (found.overhead?.podFixed) {
        if (spec.overhead && !sameList(spec.overhead, found.overhead.podFixed))
          throw refusal(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
        spec.overhead = { ...found.overhead.podFixed }
      }
      const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {}
      for (const [key, value] of Object.entries(nodeSelector)) {
        const own = spec.nodeSelector?.[key]
        if (own !== undefined && own !== value)
          throw refusal(
            attributes,
            `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
          )
        spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
      }
      const known = new Set((spec.tolerations ?? []).map(toleration => JSON.stringify(toleration)))
      const added = tolerations.filter(toleration => !known.has(JSON.stringify(toleration)))
      if (added.length) spec.tolerations = [...(spec.tolerations ?? []), ...added]
    },

    validate(attributes) {
      const { spec } = asPod(attributes.object)
      if (spec.overhead && !spec.runtimeClassName)
        throw refusal(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    },
  }
}
