/** Where a value stands while it is validated. */
import type { Findings } from './finding.js'
import type { JsonSchema } from './json-schema.js'

export interface Place {
  /** As in messages: `spec.replicas`; `''` for the object itself. */
  path: string
  /** What stood there before: an update is not blamed for what it leaves as it was. */
  old?: { value: unknown }
  /** The schema is one of several for the value: only what is inside of it may be excused. */
  isAlternative?: boolean
}

export type Validate<T = unknown> = (schema: JsonSchema, value: T, place: Place) => Findings
