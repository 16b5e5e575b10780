/** References across namespaces: they hold where a ReferenceGrant of the other namespace allows them. */
import { gatewayGroup, type ReferenceGrant } from './gateway-kinds.js'

export interface Reference {
  /** Kind and namespace of what refers. */
  from: { kind: string; namespace: string }
  to: { group: string; kind: string; namespace: string; name: string }
}

/** Within a namespace nobody needs to be asked. */
export function isGranted({ from, to }: Reference, grants: readonly ReferenceGrant[]): boolean {
  if (from.namespace === to.namespace) return true
  return grants.some(
    ({ metadata, spec }) =>
      metadata.namespace === to.namespace &&
      spec.from.some(f => f.group === gatewayGroup && f.kind === from.kind && f.namespace === from.namespace) &&
      spec.to.some(t => (t.group ?? '') === to.group && t.kind === to.kind && (!t.name || t.name === to.name)),
  )
}
