/** Query parameters as options of requests. */
import { notSupported } from '../../machinery/field-error.js'
import { booleanOf, integerOf } from '../../machinery/query-values.js'
import type {
  DeleteOptions,
  FieldValidation,
  ListOptions,
  ResourceVersionMatch,
  WriteOptions,
} from '../../machinery/request.js'
import { badRequest } from '../../machinery/status-error.js'
import type { IncludeObject } from '../../machinery/table.js'
import { dryRunErrors, invalidOptions, type OptionsKind, writeOptionErrors } from '../verbs/options.js'

type Query = URLSearchParams | undefined

/** Throws 400 for numbers that are none. */
export function listOptionsOf(query: Query): ListOptions {
  const options: ListOptions = {}
  if (!query) return options
  const text = (name: 'labelSelector' | 'fieldSelector' | 'continue' | 'resourceVersion') => {
    const value = query.get(name)
    if (value) options[name] = value
  }
  text('labelSelector')
  text('fieldSelector')
  text('continue')
  text('resourceVersion')
  const match = query.get('resourceVersionMatch')
  if (match) options.resourceVersionMatch = match as ResourceVersionMatch
  const timeout = integerOf(query, 'timeoutSeconds')
  if (timeout !== undefined) options.timeoutSeconds = timeout
  const limit = integerOf(query, 'limit')
  if (limit !== undefined && limit > 0) options.limit = limit
  if (booleanOf(query, 'allowWatchBookmarks')) options.allowWatchBookmarks = true
  const initial = booleanOf(query, 'sendInitialEvents')
  if (initial !== undefined) options.sendInitialEvents = initial
  return options
}

const validations: readonly string[] = ['', 'Ignore', 'Strict', 'Warn']

/** HTTP clients that do not say are warned of unknown fields. `patchType` undefined: not a patch. Throws 422. */
export function writeOptionsOf(query: Query, kind: OptionsKind, patchType?: string): WriteOptions {
  if (!query) return { fieldValidation: 'Warn' }
  const options: WriteOptions = {}
  const manager = query.get('fieldManager')
  if (manager) options.fieldManager = manager
  const force = booleanOf(query, 'force')
  if (force !== undefined) options.force = force
  const dryRun = query.getAll('dryRun')
  const validation = query.get('fieldValidation') ?? ''
  const errors = [...writeOptionErrors(options, patchType), ...dryRunErrors(dryRun)]
  if (!validations.includes(validation)) errors.push(notSupported('fieldValidation', validation, validations))
  if (errors.length) throw invalidOptions(kind, errors)
  options.fieldValidation = (validation || 'Warn') as FieldValidation
  if (dryRun.length) options.dryRun = true
  return options
}

/** Of a deletion without a body. */
export function deleteOptionsOf(query: Query): DeleteOptions {
  const options: DeleteOptions = {}
  if (!query) return options
  const seconds = integerOf(query, 'gracePeriodSeconds')
  if (seconds !== undefined) options.gracePeriodSeconds = seconds
  const policy = query.get('propagationPolicy')
  if (policy !== null) options.propagationPolicy = policy as NonNullable<DeleteOptions['propagationPolicy']>
  const orphan = booleanOf(query, 'orphanDependents')
  if (orphan !== undefined) options.orphanDependents = orphan
  const dryRun = query.getAll('dryRun')
  if (dryRun.length) options.dryRun = dryRun
  return options
}

/** How much of each object the rows of a table carry. Throws 400. */
export function includeObjectOf(query: Query): IncludeObject {
  const value = query?.get('includeObject') || 'Metadata'
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}
