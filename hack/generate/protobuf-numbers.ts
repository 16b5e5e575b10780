/** Reads the protobuf numbering of proto-facts.yaml: names in order, `=n` for jumps, `+field:Type` for inlined messages, `-` for gaps. */
import type { ProtoFacts } from './facts.js'

/** Path of field numbers to a JSON field: one number, or more where it lives in an inlined message. */
export type NumberPath = number[]

/**
 * Numbers of a type's JSON fields by name.
 *
 * `core.v1.Volume: "name +volumeSource:core.v1.VolumeSource"` gives `name` → [1] and, as VolumeSource begins with
 * `hostPath emptyDir`, `hostPath` → [2, 1], `emptyDir` → [2, 2].
 */
export function protobufNumbers(facts: ProtoFacts, type: string): Map<string, NumberPath> {
  const text = facts[type]
  const numbers = new Map<string, NumberPath>()
  if (typeof text !== 'string') return numbers
  let next = 1
  for (const word of text.split(' ').filter(Boolean)) {
    const [name, jump] = word.split('=')
    const number = jump ? Number(jump) : next
    next = number + 1
    if (name!.startsWith('+')) {
      for (const [inner, path] of protobufNumbers(facts, name!.slice(name!.indexOf(':') + 1)))
        numbers.set(inner, [number, ...path])
    } else if (name !== '-') numbers.set(name!, [number])
  }
  return numbers
}
