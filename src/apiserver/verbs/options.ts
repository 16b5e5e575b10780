/** Checks the options of requests, with upstream's texts. */
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../../machinery/field-error.js'
import type { DeleteOptions, ListOptions, PatchType, WriteOptions } from '../../machinery/request.js'
import { invalidObject, type StatusError } from '../../machinery/status-error.js'

export type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions' | 'ListOptions'

/** Upstream's 422 for options of that kind. */
export const invalidOptions = (kind: OptionsKind, errors: readonly FieldError[]): StatusError =>
  invalidObject({ group: 'meta.k8s.io', kind }, '', errors)

const match = 'resourceVersionMatch'

function* watchErrors(options: ListOptions): Generator<FieldError> {
  const { resourceVersionMatch, sendInitialEvents } = options
  if (sendInitialEvents !== undefined && resourceVersionMatch !== 'NotOlderThan')
    yield forbidden(match, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  if (!resourceVersionMatch) return
  if (sendInitialEvents === undefined)
    yield forbidden(match, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  if (resourceVersionMatch !== 'NotOlderThan') yield notSupported(match, resourceVersionMatch, ['NotOlderThan'])
  if (options.continue) yield forbidden(match, 'resourceVersionMatch is forbidden when continue is provided')
}

function* listErrors(options: ListOptions): Generator<FieldError> {
  const { resourceVersionMatch, resourceVersion, sendInitialEvents } = options
  if (resourceVersionMatch) {
    if (!resourceVersion) yield forbidden(match, 'resourceVersionMatch is forbidden unless resourceVersion is provided')
    if (options.continue) yield forbidden(match, 'resourceVersionMatch is forbidden when continue is provided')
    if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan')
      yield notSupported(match, resourceVersionMatch, ['Exact', 'NotOlderThan', ''])
    if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
      yield forbidden(match, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  }
  if (sendInitialEvents !== undefined) yield forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')
}

/** Throws 422 for options that contradict each other. */
export function checkListOptions(options: ListOptions, watch: boolean): void {
  if (!options.resourceVersionMatch && options.sendInitialEvents === undefined) return
  const errors = [...(watch ? watchErrors(options) : listErrors(options))]
  if (errors.length) throw invalidOptions('ListOptions', errors)
}

const maxManagerLength = 128
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** Upstream shows the code point, and where it stands in the bytes. */
function unprintable(manager: string, index: number): FieldError {
  const characters = [...manager]
  const hex = (characters[index]!.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const at = Buffer.byteLength(characters.slice(0, index).join(''))
  return invalid('fieldManager', manager, `invalid character U+${hex} (at position ${at})`)
}

function* managerErrors(fieldManager: string): Generator<FieldError> {
  if (Buffer.byteLength(fieldManager) > maxManagerLength) yield tooLong('fieldManager', maxManagerLength)
  for (const [index, character] of [...fieldManager].entries())
    if (!printable.test(character)) yield unprintable(fieldManager, index)
}

/** `patchType` undefined: not a patch. */
export function writeOptionErrors(options: WriteOptions, patchType?: string): FieldError[] {
  const { fieldManager = '', force } = options
  const isApply = patchType === 'application/apply-patch+yaml'
  return [
    ...(isApply && !fieldManager ? [required('fieldManager', 'is required for apply patch')] : []),
    ...(patchType && !isApply && force !== undefined
      ? [forbidden('force', 'may not be specified for non-apply patch')]
      : []),
    ...managerErrors(fieldManager),
  ]
}

/** Throws 422. `patchType` undefined: not a patch. */
export function checkWriteOptions(options: WriteOptions, kind: OptionsKind, patchType?: PatchType): void {
  if (!options.fieldManager && options.force === undefined && patchType !== 'application/apply-patch+yaml') return
  const errors = writeOptionErrors(options, patchType)
  if (errors.length) throw invalidOptions(kind, errors)
}

/** An empty value is one too many for upstream. */
export const dryRunErrors = (dryRun: readonly string[]): FieldError[] =>
  dryRun.some(value => value !== 'All') ? [notSupported('dryRun', dryRun, ['All'])] : []

const policies: ReadonlySet<string> = new Set(['Foreground', 'Background', 'Orphan'])

/** Throws 422. */
export function checkDeleteOptions({ propagationPolicy, orphanDependents, dryRun }: DeleteOptions): void {
  const errors: FieldError[] = []
  if (orphanDependents !== undefined && propagationPolicy !== undefined)
    errors.push(
      invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'),
    )
  if (propagationPolicy !== undefined && !policies.has(propagationPolicy))
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']))
  errors.push(...dryRunErrors(dryRun ?? []))
  if (errors.length) throw invalidOptions('DeleteOptions', errors)
}
