/** Defaults and validation that RoleBinding and ClusterRoleBinding share. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { nameIsDnsSubdomain, nameIsPathSegment } from '../../machinery/name-rules.js'
import type { RoleRef, Subject } from '../generated/rbac-v1.js'

const group = 'rbac.authorization.k8s.io'

interface Binding {
  roleRef: RoleRef
  subjects?: Subject[]
}

export function setBindingDefaults({ roleRef, subjects = [] }: Binding): void {
  roleRef.apiGroup ||= group
  for (const subject of subjects) if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= group
}

function* validateRoleRef({ apiGroup, kind, name }: RoleRef, kinds: readonly string[]): Generator<FieldError> {
  if (apiGroup !== group) yield notSupported('roleRef.apiGroup', apiGroup ?? '', [group])
  if (!kinds.includes(kind)) yield notSupported('roleRef.kind', kind ?? '', kinds)
  if (!name) yield required('roleRef.name')
  else for (const message of nameIsPathSegment(name, false)) yield invalid('roleRef.name', name, message)
}

function* validateSubject(subject: Subject, path: string, namespaced: boolean): Generator<FieldError> {
  const { kind, name, apiGroup = '', namespace } = subject
  if (!name) yield required(`${path}.name`)
  switch (kind) {
    case 'ServiceAccount':
      if (name) for (const message of nameIsDnsSubdomain(name, false)) yield invalid(`${path}.name`, name, message)
      if (apiGroup) yield notSupported(`${path}.apiGroup`, apiGroup, [''])
      if (!namespaced && !namespace) yield required(`${path}.namespace`)
      break
    case 'User':
    case 'Group':
      if (apiGroup !== group) yield notSupported(`${path}.apiGroup`, apiGroup, [group])
      break
    default:
      yield notSupported(`${path}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group'])
  }
}

/** `namespaced` for a RoleBinding: it may refer to either kind of role, and its subjects may leave their namespace out. */
export function* validateBinding({ roleRef, subjects }: Binding, namespaced: boolean): Generator<FieldError> {
  yield* validateRoleRef(roleRef, namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'])
  for (const [i, subject] of (subjects ?? []).entries()) yield* validateSubject(subject, `subjects[${i}]`, namespaced)
}

/** A binding keeps its role: to change it, delete and create. */
export function* validateBindingUpdate({ roleRef }: Binding, { roleRef: old }: Binding): Generator<FieldError> {
  const { apiGroup, kind, name } = roleRef
  if (apiGroup !== old.apiGroup || kind !== old.kind || name !== old.name)
    yield invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')
}
