/**
 * All roles and bindings, indexed for one question: which rules does this user hold, cluster-wide and in a namespace?
 * Answers are kept per user until a role or a binding changes.
 */
import type { UserInfo } from '../../machinery/request.js'
import type { PolicyRule } from './policy-rule.js'
import type { Binding, Role, RoleRef, Subject } from './rbac-types.js'

/** What one binding gives. */
export interface Grant {
  rules: readonly PolicyRule[]
  binding: Binding
  /** Of the binding: the one that the user is. */
  subject: Subject
}

/** What a user holds, and which roles its bindings name in vain. */
export interface HeldRules {
  rules: readonly PolicyRule[]
  grants: readonly Grant[]
  /** Upstream's words for roles that bindings refer to and that are not there. */
  errors: readonly string[]
}

type BindingsByName = Map<string, Binding>
/** Of users, in all namespaces with bindings. */
const maxRemembered = 4096
const nothing: HeldRules = { rules: [], grants: [], errors: [] }

const serviceAccountName = (subject: Subject, namespace: string) =>
  `system:serviceaccount:${subject.namespace || namespace}:${subject.name}`

/** True when the subject names this user or one of its groups; `namespace` is the binding's. */
export function subjectIs(subject: Subject, user: UserInfo, namespace: string): boolean {
  if (subject.kind === 'User') return subject.name === user.name
  if (subject.kind === 'Group') return user.groups.includes(subject.name)
  return subject.kind === 'ServiceAccount' && serviceAccountName(subject, namespace) === user.name
}

export class RuleResolver {
  readonly #roles = new Map<string, Role>()
  readonly #clusterRoles = new Map<string, Role>()
  readonly #clusterBindings: BindingsByName = new Map()
  readonly #bindings = new Map<string, BindingsByName>()
  readonly #cache = new Map<string, Map<string, HeldRules>>()
  #remembered = 0
  #generation = 0

  /** Rises with every change; what was decided under another generation may be wrong now. */
  get generation(): number {
    return this.#generation
  }

  setRole(role: Role, removed = false): void {
    const { namespace, name = '' } = role.metadata
    const [map, key] = namespace ? [this.#roles, `${namespace}/${name}`] : [this.#clusterRoles, name]
    if (removed) map.delete(key)
    else map.set(key, role)
    this.#changed()
  }

  setBinding(binding: Binding, removed = false): void {
    const { namespace = '', name = '' } = binding.metadata
    const bindings = this.#bindingsIn(namespace) ?? new Map<string, Binding>()
    if (removed) bindings.delete(name)
    else bindings.set(name, binding)
    if (namespace) {
      if (bindings.size) this.#bindings.set(namespace, bindings)
      else this.#bindings.delete(namespace)
    }
    this.#changed()
  }

  /** `''`: those of the cluster. */
  #bindingsIn(namespace: string): BindingsByName | undefined {
    return namespace ? this.#bindings.get(namespace) : this.#clusterBindings
  }

  #changed(): void {
    this.#generation++
    this.#forget()
  }

  #forget(): void {
    this.#cache.clear()
    this.#remembered = 0
  }

  /** Every cluster role, for aggregation. */
  clusterRoles(): IterableIterator<Role> {
    return this.#clusterRoles.values()
  }

  /** The rules behind a reference made in `namespace` (`''`: by a cluster role binding); undefined when the role is not there. */
  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const role =
      ref.kind === 'ClusterRole' ? this.#clusterRoles.get(ref.name) : this.#roles.get(`${namespace}/${ref.name}`)
    return role && (role.rules ?? [])
  }

  /** What bindings in the namespace itself give the user; `''`: what cluster role bindings give. */
  held(user: UserInfo, namespace: string): HeldRules {
    const bindings = this.#bindingsIn(namespace)
    // Namespaces come and go, most of them without a binding.
    if (!bindings) return nothing
    const key = `${user.name}\0${user.groups.join('\0')}`
    const known = this.#cache.get(key)?.get(namespace)
    if (known) return known
    if (this.#remembered++ >= maxRemembered) this.#forget()
    const held = this.#collect(user, namespace, bindings)
    const ofUser = this.#cache.get(key) ?? new Map<string, HeldRules>()
    this.#cache.set(key, ofUser.set(namespace, held))
    return held
  }

  /** Everything the user may do in the namespace, cluster-wide rules first. */
  allHeld(user: UserInfo, namespace: string): HeldRules {
    const cluster = this.held(user, '')
    if (!namespace) return cluster
    const local = this.held(user, namespace)
    return {
      rules: [...cluster.rules, ...local.rules],
      grants: [...cluster.grants, ...local.grants],
      errors: [...cluster.errors, ...local.errors],
    }
  }

  #collect(user: UserInfo, namespace: string, bindings: BindingsByName): HeldRules {
    const grants: Grant[] = []
    const errors: string[] = []
    for (const binding of bindings.values()) {
      const { subjects, roleRef } = binding
      const subject = subjects?.find(each => subjectIs(each, user, namespace))
      if (!subject) continue
      const rules = this.rulesOf(roleRef, namespace)
      if (rules) grants.push({ rules, binding, subject })
      else errors.push(`${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io "${roleRef.name}" not found`)
    }
    return { rules: grants.flatMap(grant => grant.rules), grants, errors }
  }
}
