/** JSON pointers (RFC 6901) as upstream's JSON patch reads them. */

/** The steps to the parent and the last step. Undefined for `''` and for a text that does not fit. */
export function splitPointer(pointer: string): { parents: string[]; key: string } | undefined {
  const [, ...steps] = pointer.split('/')
  const key = steps.pop()
  if (key === undefined) return undefined
  return { parents: steps.map(unescapeStep), key: unescapeStep(key) }
}

const unescapeStep = (step: string) => step.replace(/~[01]/g, escaped => (escaped === '~1' ? '/' : '~'))

/** The pointer that leads there. */
export const joinPointer = (steps: readonly (string | number)[]): string =>
  steps.map(step => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('')

/** What Go's Atoi takes for a number; negative ones count from the end. Undefined outside `0..length - 1`. */
export function arrayIndex(step: string, length: number): number | undefined {
  if (!/^[+-]?\d{1,9}$/.test(step)) return undefined
  const index = Number(step) < 0 ? Number(step) + length : Number(step)
  return index >= 0 && index < length ? index : undefined
}
