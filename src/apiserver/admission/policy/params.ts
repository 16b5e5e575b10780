/** The objects that parameterize a policy through one of its bindings. */
import type { ParamKind, ParamRef } from '../../../apis/generated/admissionregistration-v1.js'
import type { AnyKind } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { formatLabelSelector } from '../../../machinery/selector/index.js'
import { isReason } from '../../../machinery/status-error.js'
import type { Rest } from '../../../registry/rest.js'
import type { RestDirectory } from '../../deps.js'

/** A policy or binding cannot be used as it is; what follows hangs on the failure policy. */
export class ConfigurationError extends Error {}

interface Source {
  kind: AnyKind
  rest: Rest
}

function sourceOf(rests: RestDirectory, { apiVersion = '', kind = '' }: ParamKind): Source {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const found = rests.kinds().find(k => k.group === group && k.version === version && k.kind === kind)
  const rest = found && rests.find(group, version, found.names.plural)
  if (!found || !rest) throw new ConfigurationError(`paramKind kind \`${apiVersion}, Kind=${kind}\` not known`)
  return { kind: found, rest }
}

function namespaceOf({ kind }: Source, ref: ParamRef, requestNamespace: string): string | undefined {
  if (kind.scope !== 'Namespaced') {
    if (ref.namespace)
      throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
    return undefined
  }
  const namespace = ref.namespace || requestNamespace
  if (!namespace)
    throw new ConfigurationError(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    )
  return namespace
}

async function find({ rest }: Source, ref: ParamRef, namespace: string | undefined): Promise<AnyObject[]> {
  if (ref.selector) {
    const labelSelector = formatLabelSelector(ref.selector)
    const { items } = await rest.list(namespace, { resourceVersion: '0', ...(labelSelector && { labelSelector }) })
    return items.map(({ object }) => object)
  }
  try {
    return [(await rest.get({ name: ref.name ?? '', ...(namespace && { namespace }) })).object]
  } catch (error) {
    if (isReason(error, 'NotFound')) return []
    throw error
  }
}

export interface ParamsOptions {
  kind: ParamKind | undefined
  ref: ParamRef | undefined
  /** Of the request; `''` at the cluster scope. */
  namespace: string
}

/** One evaluation each; undefined: one without parameters. Throws ConfigurationError. */
export async function collectParams(
  rests: RestDirectory,
  { kind, ref, namespace }: ParamsOptions,
): Promise<(AnyObject | undefined)[]> {
  if (!kind || !ref) return [undefined]
  const source = sourceOf(rests, kind)
  const params = await find(source, ref, namespaceOf(source, ref, namespace))
  if (!params.length && ref.parameterNotFoundAction === 'Deny')
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction')
  return params
}
