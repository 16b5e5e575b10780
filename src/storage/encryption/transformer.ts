/** Between a value and the form in which it is stored. */

export interface FromStorage {
  value: Uint8Array
  /** It would be stored otherwise now, so the next update writes it, though nothing else changes. */
  isStale: boolean
}

/** `path`: where the value lies in the store. Some forms are bound to it: moved to another key, they cannot be read. */
export interface Transformer {
  toStorage(value: Uint8Array, path: string): Uint8Array
  /** Throws an error that says, in upstream's words, why the value cannot be read. */
  fromStorage(stored: Uint8Array, path: string): FromStorage
}

/** How stored values begin that are read by a transformer. */
export interface Prefixed {
  prefix: string
  transformer: Transformer
}

export const hasPrefix = (stored: Uint8Array, prefix: Buffer): boolean =>
  stored.length >= prefix.length && prefix.compare(stored, 0, prefix.length) === 0

/** In memory of their own: the store keeps it for long, and a pool would be kept with it. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/**
 * Several forms, told apart by how they begin: values are written in the first, and read in whichever it is.
 *
 * Worked example, of providers [aescbc with keys b, a] and [identity]: values are written as `k8s:enc:aescbc:v1:b:…`. One that begins
 * with `k8s:enc:aescbc:v1:a:` is read by key a and stale; so is one that does not begin with `k8s:enc:`.
 */
export class PrefixTransformers implements Transformer {
  readonly #all: readonly { prefix: Buffer; transformer: Transformer }[]
  readonly #noMatch: string

  /** `noMatch`: the error of a value that begins like none of them. */
  constructor(all: readonly Prefixed[], noMatch: string) {
    this.#all = all.map(({ prefix, transformer }) => ({ prefix: Buffer.from(prefix), transformer }))
    this.#noMatch = noMatch
  }

  toStorage(value: Uint8Array, path: string): Uint8Array {
    const { prefix, transformer } = this.#all[0]!
    const form = transformer.toStorage(value, path)
    return prefix.length ? joined([prefix, form]) : form
  }

  fromStorage(stored: Uint8Array, path: string): FromStorage {
    const failures = new Set<string>()
    for (const [i, { prefix, transformer }] of this.#all.entries()) {
      if (!hasPrefix(stored, prefix)) continue
      try {
        const { value, isStale } = transformer.fromStorage(stored.subarray(prefix.length), path)
        return { value, isStale: isStale || i > 0 }
      } catch (error) {
        // One key may be there twice, and what is not encrypted concerns whoever comes next.
        if (prefix.length) failures.add((error as Error).message)
      }
    }
    throw new Error(failures.size > 1 ? `[${[...failures].join(', ')}]` : ([...failures][0] ?? this.#noMatch))
  }
}
