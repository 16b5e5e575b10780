/** The stored policies and their bindings, compiled and kept up to date. */
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../../apis/generated/admissionregistration-v1.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { loadPatternEngine } from '../../../machinery/structural/pattern.js'
import type { RestDirectory } from '../../deps.js'
import { type FollowOptions, followResource } from '../../resource-mirror.js'
import { type CompiledPolicy, compilePolicy } from './compiled-policy.js'

const group = 'admissionregistration.k8s.io'

export interface BoundPolicy {
  policy: ValidatingAdmissionPolicy
  /** Compiles at first use. Throws what a policy that cannot be compiled deserves. */
  compiled(): Promise<CompiledPolicy>
  bindings: readonly ValidatingAdmissionPolicyBinding[]
}

export class Policies {
  readonly #policies = new Map<string, { policy: ValidatingAdmissionPolicy; compiled?: Promise<CompiledPolicy> }>()
  readonly #bindings = new Map<string, ValidatingAdmissionPolicyBinding>()
  #bound: readonly BoundPolicy[] = []

  /** Policies that are bound, in the order of their names. */
  get bound(): readonly BoundPolicy[] {
    return this.#bound
  }

  setPolicy(object: AnyObject, removed: boolean): void {
    const policy = object as unknown as ValidatingAdmissionPolicy
    const name = policy.metadata.name ?? ''
    const known = this.#policies.get(name)
    if (removed) this.#policies.delete(name)
    else if (
      known?.policy.metadata.generation === policy.metadata.generation &&
      known?.policy.metadata.uid === policy.metadata.uid
    )
      return
    else this.#policies.set(name, { policy })
    this.#rebuild()
  }

  setBinding(object: AnyObject, removed: boolean): void {
    const binding = object as unknown as ValidatingAdmissionPolicyBinding
    if (removed) this.#bindings.delete(binding.metadata.name ?? '')
    else this.#bindings.set(binding.metadata.name ?? '', binding)
    this.#rebuild()
  }

  #rebuild(): void {
    const byName = <T>(entries: Iterable<[string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
    const bindings = byName(this.#bindings).map(([, binding]) => binding)
    this.#bound = byName(this.#policies).flatMap(([name, entry]) => {
      const own = bindings.filter(({ spec }) => spec.policyName === name)
      return own.length ? [{ policy: entry.policy, compiled: () => compiledOf(entry), bindings: own }] : []
    })
  }
}

function compiledOf(entry: {
  policy: ValidatingAdmissionPolicy
  compiled?: Promise<CompiledPolicy>
}): Promise<CompiledPolicy> {
  return (entry.compiled ??= loadPatternEngine().then(() => compilePolicy(entry.policy)))
}

/** Resolves when all that is stored is known; goes on until the signal aborts. */
export async function followPolicies(
  rests: RestDirectory,
  policies: Policies,
  following: Omit<FollowOptions, 'apply'>,
): Promise<void> {
  const follow = async (resource: string, apply: (object: AnyObject, removed: boolean) => void) => {
    const rest = rests.find(group, 'v1', resource)
    if (!rest) return
    await followResource(rest, { ...following, apply })
  }
  await Promise.all([
    follow('validatingadmissionpolicies', (object, removed) => policies.setPolicy(object, removed)),
    follow('validatingadmissionpolicybindings', (object, removed) => policies.setBinding(object, removed)),
  ])
}
