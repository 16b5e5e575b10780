/**
 * What is played against both servers: sequences of steps. A step is data and never depends on an answer; where a later request needs what
 * a server said earlier it holds a reference such as `@{2.metadata.uid}`, which each side fills in from its own answer to step 2.
 */

/** A path into a JSON value; numbers index lists. */
export type Place = readonly (string | number)[]

export type Body =
  | { json: unknown }
  /** As it is, well-formed or not. */
  | { text: string }
  | { base64: string }
  /** The side's own answer to an earlier step, changed. */
  | { from: number; set?: readonly (readonly [Place, unknown])[]; remove?: readonly Place[] }

export interface Step {
  /** `apps/v1 Deployment`, or an area such as `protocol`. */
  kind: string
  /** The verb as Kubernetes counts it, with its subresource: `patch/scale`. */
  verb: string
  /** What is special about this request. */
  note?: string
  method: string
  /** Path and query; may hold references. */
  path: string
  headers?: Readonly<Record<string, string>>
  body?: Body
  /** Repeats the request until the answer holds this text, for what a server does in the background. */
  until?: string
  /** Later steps rest on this one: the rest of the sequence is left out when the servers disagree about its success. */
  vital?: boolean
}

export interface Sequence {
  name: string
  steps: readonly Step[]
  /** What it does can be felt by others: it is played when these are through. */
  apart?: boolean
  /** Sent as well when the sequence ends early, answers not compared. */
  cleanup?: readonly Step[]
}

/** Gathers steps; `add` tells the number by which later steps refer to it. */
export interface SequenceBuilder {
  readonly name: string
  readonly length: number
  add(step: Step): number
  atEnd(step: Step): void
  build(): Sequence
}

export function newSequence(name: string): SequenceBuilder {
  const steps: Step[] = []
  const cleanup: Step[] = []
  return {
    name,
    get length() {
      return steps.length
    },
    add: step => steps.push(step) - 1,
    atEnd: step => cleanup.unshift(step),
    build: () => ({ name, steps, ...(cleanup.length && { cleanup }) }),
  }
}
