/** Plays a recorded conversation against a server. */
import type { Answer, Case, Send, Step } from './case.js'
import { normalize } from './normalize.js'

const comparedHeaders = ['content-type', 'warning', 'retry-after', 'content-encoding', 'vary', 'location']

type Captured = Record<string, string>

const fill = (text: string, captured: Captured) =>
  text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => captured[name] ?? `{{${name}}}`)

function bodyOf({ body }: Step, captured: Captured): Buffer | undefined {
  if (body === undefined) return undefined
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(fill(typeof body === 'string' ? body : JSON.stringify(body), captured))
}

function at(value: unknown, path: string): string {
  let inner = value
  for (const part of path.split('.')) inner = (inner as Record<string, unknown> | undefined)?.[part]
  return typeof inner === 'string' ? inner : ''
}

function capture({ capture: wanted = {} }: Step, text: string, captured: Captured): void {
  const names = Object.entries(wanted)
  if (!names.length) return
  const value: unknown = JSON.parse(text)
  for (const [name, path] of names) captured[name] = at(value, path)
}

/** The answers to all steps that are not quiet. `namespace` exists, and holds nothing that the conversation minds. */
export async function play({ steps }: Case, send: Send, namespace: string): Promise<Answer[]> {
  const captured: Captured = { ns: namespace }
  const answers: Answer[] = []
  for (const step of steps) {
    const body = bodyOf(step, captured)
    const headers: Record<string, string> = { ...step.headers }
    if (body || step.type) headers['content-type'] ??= step.type ?? 'application/json'
    const raw = await send({ method: step.method ?? 'GET', path: fill(step.path, captured), headers, body })
    capture(step, raw.body.toString(), captured)
    if (step.quiet) continue
    const revisions = Object.fromEntries((step.show ?? []).map(name => [name, captured[name] ?? '']))
    answers.push(normalize(raw, { namespace, revisions, headers: [...comparedHeaders, ...(step.compare ?? [])] }))
  }
  return answers
}
