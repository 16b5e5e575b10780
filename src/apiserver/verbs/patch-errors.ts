/** What a client hears of a patch whose result cannot be read, in upstream's words and order. */
import { invalid } from '../../machinery/field-error.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { formatGo } from '../../machinery/patch/go-format.js'
import { jsonPatchStrictErrors } from '../../machinery/patch/json-patch.js'
import { restoreError } from '../../machinery/patch/strategic/restore-error.js'
import { type DecodeError, strictDecodingError } from '../../machinery/schema/decode-error.js'
import { invalidObject, type StatusError } from '../../machinery/status-error.js'
import type { VerbRequest } from './outcome.js'
import { inReadingOrder } from './reading-order.js'

const isStrategic = ({ patchType }: VerbRequest) => patchType === 'application/strategic-merge-patch+json'
const isJsonPatch = ({ patchType }: VerbRequest) => patchType === 'application/json-patch+json'

const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(byKey)
      .map(([key, inner]) => [key, sortKeys(inner)]),
  )
}

/** Upstream names neither kind nor object here. It shows the whole patched document, but of a strategic merge the patch as Go prints it. */
export function invalidPatch(request: VerbRequest, document: unknown, why: string): StatusError {
  const shown = isStrategic(request) ? formatGo(request.body) : stringifyJson(sortTop(document))
  return invalidObject({ group: '', kind: '' }, '', [invalid('patch', shown, why)])
}

const sortTop = (document: unknown) =>
  typeof document === 'object' && document !== null && !Array.isArray(document)
    ? Object.fromEntries(Object.entries(document).sort(byKey))
    : document

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function withoutNulls(value: unknown): unknown {
  if (!isFields(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]))
}

/** A strategic merge patch as upstream's merge leaves it: what has nothing of its form to be merged with has lost its nulls. */
export function withoutUnmatchedNulls(current: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch
  const live = isFields(current) ? current : {}
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => [
      key,
      isFields(live[key]) ? withoutUnmatchedNulls(live[key], value) : withoutNulls(value),
    ]),
  )
}

/** As `invalidPatch`, for a value of a wrong type: a strategic merge is not decoded from text, which words it differently. */
export function undecodablePatch(request: VerbRequest, document: unknown, error: DecodeError): StatusError {
  return invalidPatch(request, document, isStrategic(request) ? restoreError(error) : error.message)
}

/** `unknown` are the fields of the patched document that its type does not have. Throws when the client wants it strict. */
export function reportPatchErrors(request: VerbRequest, document: unknown, unknown: readonly string[]): void {
  const { write, bodyErrors = [] } = request
  const strict = [...ofPatch(request, bodyErrors), ...inOrder(request, document, unknown)]
  if (!strict.length) return
  if (write?.fieldValidation === 'Strict') throw invalidPatch(request, document, strictDecodingError(strict).message)
  if (write?.fieldValidation === 'Warn') for (const error of strict) request.warn?.(error)
}

const ofPatch = (request: VerbRequest, bodyErrors: readonly string[]): readonly string[] =>
  isJsonPatch(request)
    ? [...jsonPatchStrictErrors(request.body), ...bodyErrors.map(error => `json patch ${error}`)]
    : bodyErrors

/** Upstream's patched objects have their fields in alphabetical order wherever a patch has been. */
function inOrder(request: VerbRequest, document: unknown, errors: readonly string[]): readonly string[] {
  if (errors.length < 2) return errors
  return isStrategic(request) ? [...errors].sort() : inReadingOrder(sortKeys(document), errors)
}
