/** Kinds that show the same objects in other versions: a webhook that knows one of them is told of all. */
import type { KindConversion } from '../../apis/conversion.js'
import { conversions } from '../../apis/index.js'
import { cloneJson } from '../../machinery/clone.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { RestDirectory } from '../deps.js'

const sameKind = (a: AnyKind, b: AnyKind) => a.group === b.group && a.version === b.version && a.kind === b.kind

export interface Equivalence {
  /** Without the kind itself. */
  of(kind: AnyKind): readonly AnyKind[]
  /** A copy in the version of another equivalent kind. */
  convert(object: AnyObject, from: AnyKind, to: AnyKind): AnyObject
}

const conversionOf = (kind: AnyKind): KindConversion | undefined =>
  conversions.find(({ spoke }) => sameKind(spoke, kind))
const hubOf = (kind: AnyKind): AnyKind => conversionOf(kind)?.hub ?? kind

export function newEquivalence(rests: RestDirectory): Equivalence {
  let generation = -1
  let known = new WeakMap<AnyKind, readonly AnyKind[]>()
  return {
    of(kind) {
      if (generation !== rests.generation) {
        generation = rests.generation
        known = new WeakMap()
      }
      const found = known.get(kind)
      if (found) return found
      const hub = hubOf(kind)
      const others = rests.kinds().filter(other => {
        if (sameKind(other, kind)) return false
        const otherHub = hubOf(other)
        return sameKind(otherHub, hub) || (otherHub.group === hub.group && otherHub.names.plural === hub.names.plural)
      })
      known.set(kind, others)
      return others
    },
    convert(object, from, to) {
      if (sameKind(from, to)) return object
      const stored = conversionOf(from)?.toHub(object) ?? cloneJson(object)
      const shown = conversionOf(to)?.fromHub(stored) ?? stored
      return { ...shown, kind: to.kind, apiVersion: to.group ? `${to.group}/${to.version}` : to.version } as AnyObject
    },
  }
}
