/**
 * Lists, maps and bytes that a client sent empty. Decoding leaves them out, as they are stored; but until it stores an object, upstream tells
 * them from those that were not sent: in who owns a field, in what counts as a change, in what its messages print.
 */

export interface Given {
  /** The decoded object that they were left out of. */
  readonly holder: Record<string, unknown>
  readonly name: string
  /** `spec.ingress`. */
  readonly path: string
  readonly value: readonly [] | Readonly<Record<string, never>> | ''
}

const ofRoot = new WeakMap<object, readonly Given[]>()
const ofHolder = new WeakMap<object, Map<string, Given['value']>>()

/** To be told once of what was decoded. */
export function rememberEmpty(root: object, given: readonly Given[]): void {
  ofRoot.set(root, given)
  for (const { holder, name, value } of given) {
    const values = ofHolder.get(holder) ?? new Map<string, Given['value']>()
    ofHolder.set(holder, values.set(name, value))
  }
}

/** The empty list or map that was left out of `holder`, which decoding has made. */
export const givenEmpty = (holder: object, name: string): Given['value'] | undefined => ofHolder.get(holder)?.get(name)

const isUnset = (holder: Given['holder'], name: string) => holder[name] === undefined || holder[name] === null

/** Whether any was sent, anywhere in the decoded object. */
export const hasGivenEmpty = (root: unknown): boolean => !!ofRoot.get(root as object)?.length

/** Whether one was sent somewhere within a part of a decoded object. */
export function holdsGivenEmpty(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false
  for (const name of ofHolder.get(part)?.keys() ?? []) if (isUnset(part as Given['holder'], name)) return true
  return Object.values(part).some(holdsGivenEmpty)
}

/** Whether one was sent at the path or below it, and no default has filled it since. */
export const isGivenEmpty = (root: object, path: string): boolean =>
  !!ofRoot
    .get(root)
    ?.some(
      given =>
        (given.path === path || given.path.startsWith(`${path}.`) || given.path.startsWith(`${path}[`)) &&
        isUnset(given.holder, given.name),
    )

/** Runs `body` while those that print as null stand in the object as they were sent. */
export function withGivenEmpty<R>(root: object, body: () => R): R {
  const given = ofRoot.get(root)?.filter(({ holder, name }) => holder[name] === null)
  if (!given?.length) return body()
  for (const { holder, name, value } of given) holder[name] = value
  try {
    return body()
  } finally {
    for (const { holder, name, value } of given) if (holder[name] === value) holder[name] = null
  }
}

/** Makes the same known of a copy of one decoded object, which shares what stands below it; returns the copy. */
export function sharingGivenEmpty<T extends object>(original: object, copy: T): T {
  const values = ofHolder.get(original)
  if (values) ofHolder.set(copy, values)
  return copy
}

/** Makes the same known of a copy of what was decoded, or of a part of it, where it still has the same shape; returns the copy. */
export function keepGivenEmpty<T>(original: unknown, copy: T): T {
  if (typeof original !== 'object' || original === null || typeof copy !== 'object' || copy === null) return copy
  sharingGivenEmpty(original, copy)
  for (const [key, value] of Object.entries(original)) keepGivenEmpty(value, (copy as Record<string, unknown>)[key])
  return copy
}

/** Copies a decoded object, by way of `clone`, with what is known of it. */
export function cloneWithEmpty<T extends object>(object: T, clone: (object: T) => T): T {
  const copy = clone(object)
  const given = ofRoot.get(object)
  if (!given) return copy
  const twins = new Map<unknown, unknown>()
  const pair = (original: unknown, twin: unknown): void => {
    if (typeof original !== 'object' || original === null) return
    twins.set(original, twin)
    for (const [key, value] of Object.entries(original)) pair(value, (twin as Record<string, unknown>)[key])
  }
  pair(object, copy)
  rememberEmpty(
    copy,
    given.flatMap(one => {
      const holder = twins.get(one.holder) as Given['holder'] | undefined
      return holder ? [{ ...one, holder }] : []
    }),
  )
  return copy
}
