/** Query parameters as options of requests. */
import { notSupported } from '../../machinery/field-error.js'
import type {
  DeleteOptions,
  FieldValidation,
  ListOptions,
  ResourceVersionMatch,
  WriteOptions,
} from '../../machinery/request.js'
import { badRequest } from '../../machinery/status-error.js'
import type { IncludeObject } from '../../machinery/table.js'
import { invalidOptions, type OptionsKind } from '../verbs/options.js'

type Query = URLSearchParams | undefined

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return value
}

/** Absent: undefined. Present without a value, or anything but false and 0: true. */
function boolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  return text.toLowerCase() !== 'false' && text !== '0'
}

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
  const limit = integer(query, 'limit')
  if (limit !== undefined && limit > 0) options.limit = limit
  const timeout = integer(query, 'timeoutSeconds')
  if (timeout !== undefined) options.timeoutSeconds = timeout
  if (boolean(query, 'allowWatchBookmarks')) options.allowWatchBookmarks = true
  const initial = boolean(query, 'sendInitialEvents')
  if (initial !== undefined) options.sendInitialEvents = initial
  return options
}

const validations: readonly string[] = ['', 'Ignore', 'Strict', 'Warn']

/** HTTP clients that do not say are warned of unknown fields. Throws 422. */
export function writeOptionsOf(query: Query, kind: OptionsKind): WriteOptions {
  if (!query) return { fieldValidation: 'Warn' }
  const errors = []
  const dryRun = query.getAll('dryRun').filter(value => value !== '')
  if (dryRun.some(value => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']))
  const validation = query.get('fieldValidation') ?? ''
  if (!validations.includes(validation)) errors.push(notSupported('fieldValidation', validation, validations))
  if (errors.length) throw invalidOptions(kind, errors)
  const options: WriteOptions = { fieldValidation: (validation || 'Warn') as FieldValidation }
  if (dryRun.length) options.dryRun = true
  const manager = query.get('fieldManager')
  if (manager) options.fieldManager = manager
  const force = boolean(query, 'force')
  if (force !== undefined) options.force = force
  return options
}

/** Of a deletion without a body. */
export function deleteOptionsOf(query: Query): DeleteOptions {
  const options: DeleteOptions = {}
  if (!query) return options
  const seconds = integer(query, 'gracePeriodSeconds')
  if (seconds !== undefined) options.gracePeriodSeconds = seconds
  const policy = query.get('propagationPolicy')
  if (policy) options.propagationPolicy = policy as NonNullable<DeleteOptions['propagationPolicy']>
  const orphan = boolean(query, 'orphanDependents')
  if (orphan !== undefined) options.orphanDependents = orphan
  const dryRun = query.getAll('dryRun').filter(value => value !== '')
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
