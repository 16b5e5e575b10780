/** At a start, default roles regain what they lost and gain what a new version adds, unless their owner opted out. */
import type { AnyObject } from '../../../machinery/object-meta.js'
import { uncovered } from '../escalation.js'
import type { Binding, ClusterRole, Subject } from '../rbac-types.js'

const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate'
const isOurs = ({ metadata }: AnyObject) => metadata.annotations?.[autoUpdate] === 'true'

/** The stored role with the rules it lacks; undefined when it lacks none, or is not ours to change. */
export function reconcileRole(stored: AnyObject, wanted: AnyObject): AnyObject | undefined {
  const [role, target] = [stored as unknown as ClusterRole, wanted as unknown as ClusterRole]
  // Rules of an aggregate are gathered, not given.
  if (!isOurs(stored) || target.aggregationRule) return undefined
  const missing = uncovered(role.rules ?? [], target.rules ?? [])
  if (!missing.length) return undefined
  role.rules = [...(role.rules ?? []), ...missing]
  return stored
}

const sameSubject = (a: Subject, b: Subject) =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '')

/** The stored binding with the subjects it lacks; undefined when it lacks none, or is not ours to change. */
export function reconcileBinding(stored: AnyObject, wanted: AnyObject): AnyObject | undefined {
  const [binding, target] = [stored as unknown as Binding, wanted as unknown as Binding]
  if (!isOurs(stored)) return undefined
  const missing = (target.subjects ?? []).filter(subject => !binding.subjects?.some(own => sameSubject(own, subject)))
  if (!missing.length) return undefined
  binding.subjects = [...(binding.subjects ?? []), ...missing]
  return stored
}
