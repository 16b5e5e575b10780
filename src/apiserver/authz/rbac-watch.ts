/** Keeps the rule resolver in step with the stored roles and bindings. */
import type { RestDirectory } from '../deps.js'
import { type ApplyObject, type FollowOptions, followResource } from '../resource-mirror.js'
import { type Binding, type Role, rbacGroup } from './rbac-types.js'
import type { RuleResolver } from './rule-resolver.js'

const resources = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings']

/** Resolves when all that is stored is known; goes on until the signal aborts. */
export async function followRbac(
  rests: RestDirectory,
  resolver: RuleResolver,
  following: Omit<FollowOptions, 'apply'>,
): Promise<void> {
  const applyRole: ApplyObject = (object, removed) => resolver.setRole(object as Role, removed)
  const applyBinding: ApplyObject = (object, removed) => resolver.setBinding(object as unknown as Binding, removed)
  const followOne = async (resource: string) => {
    const rest = rests.find(rbacGroup, 'v1', resource)
    if (!rest) throw new Error(`${resource}.${rbacGroup} is not served`)
    const apply = resource.endsWith('bindings') ? applyBinding : applyRole
    await followResource(rest, { ...following, apply })
  }
  await Promise.all(resources.map(followOne))
}
