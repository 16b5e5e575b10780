/** A recorded conversation with an API server: requests as data, and what of each answer is compared. */

export interface Step {
  method?: string
  /** With `{{name}}` where a captured text goes; the namespace of the conversation is `{{ns}}`. */
  path: string
  headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON, a text or bytes as they are. `{{name}}` is replaced in texts and objects. */
  body?: object | string
  /** Content-Type; default JSON when there is a body. */
  type?: string
  /** Dotted paths into the JSON of the answer, kept under a name for later steps. */
  capture?: Readonly<Record<string, string>>
  /** Only makes ready: its answer is not compared. */
  quiet?: boolean
  /** Captured revisions that are shown by their names; all others are masked. */
  show?: readonly string[]
  /** Further headers of the answer to compare. */
  compare?: readonly string[]
}

export interface Case {
  name: string
  steps: readonly Step[]
}

export interface Answer {
  code: number
  headers: Readonly<Record<string, string | string[]>>
  /** Parsed JSON; the list of events of a watch; otherwise text. */
  body: unknown
}

/** An answer as it came. */
export interface RawAnswer {
  code: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Buffer
}

export type Send = (request: {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: Buffer | undefined
}) => Promise<RawAnswer>
