/** What a verb answers, before it takes the form the client asked for. */
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { PatchReading } from '../../machinery/patch/json-patch.js'
import type { ApiRequest } from '../../machinery/request.js'
import type { RegistryWatch, StoredList, StoredObject } from '../../registry/rest.js'

/** Takes down what only those know who answer. */
export interface AuditNotes {
  /** The object that was sent, with its defaults. */
  decoded(object: object): void
  annotate(key: string, value: string): void
}

/** A request as the HTTP layer hands it over: what was wrong with the body's text travels along. */
export interface VerbRequest extends ApiRequest {
  /** Duplicate fields found while the body was parsed, in upstream's words. */
  bodyErrors?: readonly string[]
  /** How the body's text began, for errors about bodies without a kind. */
  bodySummary?: string
  /** How numbers with a point or an exponent were written, by path. */
  bodyFractions?: ReadonlyMap<string, string>
  /** For the audit log. */
  audit?: AuditNotes
  /** The whole body as JSON, for errors about custom resources without a kind. */
  bodyText?(): string
}

/** How the document of a patch is read. */
export const patchReadingOf = ({ write }: Pick<VerbRequest, 'write'>): PatchReading =>
  write?.fieldValidation === 'Ignore' ? 'lenient' : 'strict'

export type Outcome =
  /** A stored object: its bytes are ready. */
  | { type: 'stored'; code: number; stored: StoredObject; kind: AnyKind }
  /** Something computed for this answer, a Status included. `schema` names its type. */
  | { type: 'computed'; code: number; object: AnyObject; schema: string }
  | { type: 'list'; code: number; list: StoredList; kind: AnyKind }
  | { type: 'watch'; events: RegistryWatch; kind: AnyKind }
