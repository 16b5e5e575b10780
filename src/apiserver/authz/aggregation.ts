/** Cluster roles that are put together from others by their labels: keeps their rules what the parts hold. */
import type { AnyObject } from '../../machinery/object-meta.js'
import { type MetaLabelSelector, matchesLabels } from '../../machinery/selector/index.js'
import { isReason } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import { loopback } from '../authn/user.js'
import type { RestDirectory } from '../deps.js'
import type { PolicyRule } from './policy-rule.js'
import { type ClusterRole, rbacGroup } from './rbac-types.js'
import type { RuleResolver } from './rule-resolver.js'

const selectorsOf = (role: ClusterRole) => (role.aggregationRule?.clusterRoleSelectors ?? []) as MetaLabelSelector[]

/** The rules of all roles that a selector matches, in the order of the selectors, then by name, each rule once. */
export function aggregateRules(role: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] {
  const byName = [...roles].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
  const seen = new Set<string>()
  const rules: PolicyRule[] = []
  for (const selector of selectorsOf(role))
    for (const part of byName) {
      if (part.metadata.name === role.metadata.name || !matchesLabels(selector, part.metadata.labels)) continue
      for (const rule of part.rules ?? []) {
        const key = JSON.stringify(rule)
        if (!seen.has(key)) rules.push(rule)
        seen.add(key)
      }
    }
  return rules
}

const same = (a: readonly PolicyRule[] | null | undefined, b: readonly PolicyRule[]) =>
  JSON.stringify(a ?? []) === JSON.stringify(b)

/** Writes every aggregate whose rules are not what its parts hold. One that gathers from another is right after two rounds. */
export async function updateAggregates(rests: RestDirectory, resolver: RuleResolver, log: Logger): Promise<void> {
  const rest = rests.find(rbacGroup, 'v1', 'clusterroles')
  const roles = [...resolver.clusterRoles()] as ClusterRole[]
  for (const role of roles) {
    if (!selectorsOf(role).length) continue
    const rules = aggregateRules(role, roles)
    if (same(role.rules, rules)) continue
    const { name = '' } = role.metadata
    const transform = (current: AnyObject | undefined) => ({ ...(current ?? (role as AnyObject)), rules })
    await rest?.update({ name }, transform, { user: loopback, dryRun: false, subresource: '' }).catch(error => {
      if (!isReason(error, 'NotFound')) log.warn({ name, error: String(error) }, 'Cannot aggregate a cluster role')
    })
  }
}

/** To be called at each change of a cluster role; changes that come together are one round. */
export function newAggregator(rests: RestDirectory, resolver: RuleResolver, log: Logger): () => void {
  let state: 'idle' | 'running' | 'again' = 'idle'
  const run = async () => {
    do {
      state = 'running'
      await updateAggregates(rests, resolver, log)
      // Read through a function: the state changes while the update waits.
    } while (wasChanged())
    state = 'idle'
  }
  const wasChanged = () => (state as string) === 'again'
  return () => {
    if (state !== 'idle') state = 'again'
    else {
      state = 'running'
      setImmediate(run)
    }
  }
}
