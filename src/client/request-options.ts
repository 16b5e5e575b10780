/** Sorts the options that callers pass in one object into the parts of an ApiRequest. */
import type { DeleteOptions, ListOptions, WriteOptions } from '../machinery/request.js'

const pick = <T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> => {
  const picked: Partial<T> = {}
  for (const name of names) if (from[name] !== undefined) picked[name] = from[name]
  return picked as Pick<T, K>
}

/** The `list` and `namespace` parts of a request. */
export function listOptionsOf(options: ListOptions & { namespace?: string }): {
  list: ListOptions
  namespace?: string
} {
  const list = pick<ListOptions, keyof ListOptions>(options, [
    'labelSelector',
    'fieldSelector',
    'limit',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
    'timeoutSeconds',
    'allowWatchBookmarks',
    'sendInitialEvents',
  ])
  return options.namespace ? { list, namespace: options.namespace } : { list }
}

/** The `write` part of a request; nothing when no option was given. */
export const writeOptionsOf = (options: WriteOptions | undefined): { write?: WriteOptions } =>
  options && Object.keys(options).length > 0 ? { write: options } : {}

/** The `delete` part of a request. */
export const deleteOptionsOf = (options: DeleteOptions): DeleteOptions =>
  pick(options, ['gracePeriodSeconds', 'propagationPolicy', 'orphanDependents', 'preconditions', 'dryRun'])
