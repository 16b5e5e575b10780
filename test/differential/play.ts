/** Plays a sequence against sides in lock step. */
import type { Connection, RawAnswer } from './connection.js'
import { type NormalAnswer, newNormalizer } from './normalize.js'
import { fillBody, fillText } from './references.js'
import type { Sequence, Step } from './sequence.js'

/** How long, and how often, a step with `until` asks again. */
const pollMs = 100
const pollTries = 30

const isJson = (answer: RawAnswer) => String(answer.headers['content-type'] ?? '').includes('json')

function parsed(answer: RawAnswer): unknown {
  if (!isJson(answer)) return undefined
  try {
    return JSON.parse(answer.body.toString())
  } catch {
    return undefined
  }
}

async function send(connection: Connection, step: Step, answers: readonly unknown[]): Promise<RawAnswer> {
  const body = fillBody(step.body, answers)
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'differential/1.0' }
  if (body) headers['content-type'] = 'application/json'
  Object.assign(headers, step.headers)
  return connection.send({ method: step.method, path: fillText(step.path, answers), headers, ...(body && { body }) })
}

async function sendUntil(connection: Connection, step: Step, answers: readonly unknown[]): Promise<RawAnswer> {
  let answer = await send(connection, step, answers)
  for (let tries = 0; step.until && tries < pollTries && !answer.body.includes(step.until); tries++) {
    await new Promise(resolve => setTimeout(resolve, pollMs))
    answer = await send(connection, step, answers)
  }
  return answer
}

/** Kinds whose objects the server itself goes on writing after a client has. */
const worked = /\b(customresourcedefinitions|apiservices|flowschemas)\b/
/** Long enough for upstream's controllers to hear of the write and to make theirs; to delete the objects of a definition takes longer. */
const settleMs = 150
const deletionMs = 700

async function settle({ method, path }: Step, { status }: RawAnswer): Promise<void> {
  if (method === 'GET' || status >= 300 || path.includes('dryRun=All') || !worked.test(path)) return
  await new Promise(resolve => setTimeout(resolve, method === 'DELETE' ? deletionMs : settleMs))
}

/** A sequence on one server. */
export interface Player {
  /** The next step; steps are played in order. */
  play(step: Step): Promise<NormalAnswer>
  /** Asks again without counting it as a step: has the answer changed of itself? */
  again(step: Step): Promise<NormalAnswer>
  end(sequence: Sequence): Promise<void>
}

export function newPlayer(connection: Connection): Player {
  const answers: unknown[] = []
  const normalizer = newNormalizer(Date.now)
  return {
    async play(step) {
      const answer = await sendUntil(connection, step, answers)
      await settle(step, answer)
      answers.push(parsed(answer))
      return normalizer.normalize(answer, answers.length - 1)
    },
    async again(step) {
      const answer = await send(connection, step, answers.slice(0, -1))
      return normalizer.normalize(answer, answers.length - 1)
    },
    async end(sequence) {
      for (const step of sequence.cleanup ?? []) await send(connection, step, answers)
    },
  }
}
