/** Fills the references of a step with what a server answered earlier. */
import type { Body, Place } from './sequence.js'

/** Bodies of earlier answers by step; undefined where there was no JSON object. */
export type Answers = readonly unknown[]

const reference = /@\{(\d+)\.([^}]+)\}/g

export function valueAt(value: unknown, place: Place): unknown {
  for (const key of place) {
    if (value === null || typeof value !== 'object') return undefined
    value = (value as Record<string | number, unknown>)[key]
  }
  return value
}

const placeOf = (text: string): Place => text.split('.').map(part => (/^\d+$/.test(part) ? Number(part) : part))

/** What is not there becomes `absent`: the servers then answer to that. */
export const fillText = (text: string, answers: Answers): string =>
  text.replace(reference, (_, step: string, place: string) => {
    const value = valueAt(answers[Number(step)], placeOf(place))
    return value === undefined ? 'absent' : String(value)
  })

function fillValue(value: unknown, answers: Answers): unknown {
  if (typeof value === 'string') return value.includes('@{') ? fillText(value, answers) : value
  if (Array.isArray(value)) return value.map(item => fillValue(item, answers))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillValue(item, answers)]))
}

/** Sets in place, making the objects and lists on the way. */
export function setAt(root: unknown, place: Place, value: unknown): void {
  let at = root as Record<string | number, unknown>
  for (const [i, key] of place.slice(0, -1).entries()) {
    if (at[key] === null || typeof at[key] !== 'object') at[key] = typeof place[i + 1] === 'number' ? [] : {}
    at = at[key] as Record<string | number, unknown>
  }
  at[place.at(-1)!] = value
}

export function removeAt(root: unknown, place: Place): void {
  const parent = valueAt(root, place.slice(0, -1))
  const key = place.at(-1)!
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else if (parent !== null && typeof parent === 'object') delete (parent as Record<string, unknown>)[key]
}

/** Bytes to send. */
export function fillBody(body: Body | undefined, answers: Answers): Buffer | undefined {
  if (!body) return undefined
  if ('text' in body) return Buffer.from(fillText(body.text, answers))
  if ('base64' in body) return Buffer.from(body.base64, 'base64')
  if ('json' in body) return Buffer.from(JSON.stringify(fillValue(body.json, answers)))
  const copy = structuredClone(answers[body.from] ?? {})
  for (const place of body.remove ?? []) removeAt(copy, place)
  for (const [place, value] of body.set ?? []) setAt(copy, place, fillValue(value, answers))
  return Buffer.from(JSON.stringify(copy))
}
