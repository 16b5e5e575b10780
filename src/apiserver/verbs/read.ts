/** get, list and watch. */
import type { ListOptions } from '../../machinery/request.js'
import { parseFieldSelector } from '../../machinery/selector/field-selector.js'
import { parseLabelSelector } from '../../machinery/selector/label-selector.js'
import { badRequest, methodNotSupported } from '../../machinery/status-error.js'
import { type Call, keyOf, namespaceOf } from './call.js'
import { checkListOptions } from './options.js'
import type { Outcome } from './outcome.js'

export async function get(call: Call): Promise<Outcome> {
  const stored = await call.rest.get(keyOf(call), call.request.list?.resourceVersion)
  return { type: 'stored', code: 200, stored, kind: call.kind }
}

/** A name in the path of a watch counts like the field selector that asks for it. */
function optionsOf({ request }: Call) {
  const options = request.list ?? {}
  if (!request.name) return options
  const term = `metadata.name=${request.name}`
  const { fieldSelector } = options
  if (!fieldSelector) return { ...options, fieldSelector: term }
  const own = fieldSelector.split(',').filter(part => /^metadata\.name==?/.test(part))
  if (own.some(part => part.replace(/^metadata\.name==?/, '') !== request.name))
    throw badRequest("fieldSelector metadata.name doesn't match requested name")
  return options
}

/** Selectors that cannot be read are told of before options that do not fit together. */
function checkOptions(options: ListOptions, watch: boolean): void {
  try {
    checkListOptions(options, watch)
  } catch (error) {
    parseLabelSelector(options.labelSelector)
    parseFieldSelector(options.fieldSelector)
    throw error
  }
}

export async function list(call: Call): Promise<Outcome> {
  const options = optionsOf(call)
  checkOptions(options, false)
  return { type: 'list', code: 200, list: await call.rest.list(namespaceOf(call), options), kind: call.kind }
}

/** Since watches can begin with what is there, one from nowhere is such a one: upstream's default. */
function withInitialEvents(options: ListOptions): ListOptions {
  const { sendInitialEvents, resourceVersionMatch, resourceVersion } = options
  const isSaid = sendInitialEvents !== undefined || resourceVersionMatch
  if (isSaid || (resourceVersion && resourceVersion !== '0')) return options
  return { ...options, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
}

export async function watch(call: Call): Promise<Outcome> {
  if (!call.kind.verbs.includes('watch')) throw methodNotSupported(call.kind, 'watch')
  const options = withInitialEvents(optionsOf(call))
  checkOptions(options, true)
  const signal = call.request.signal ?? new AbortController().signal
  const events = await call.rest.watch(namespaceOf(call), options, signal)
  return { type: 'watch', events, kind: call.kind }
}
