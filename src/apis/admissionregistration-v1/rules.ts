/** Rules: which operations on which resources webhooks and policies are about. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { NamedRuleWithOperations, RuleWithOperations } from '../generated/admissionregistration-v1.js'

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const scopes = ['*', 'Cluster', 'Namespaced']

const wildcardBesides = (list: readonly string[]) => list.length > 1 && list.includes('*')

/** A wildcard makes what it covers superfluous, so both together are refused. */
function* validateResources(resources: readonly string[], path: string): Generator<FieldError> {
  if (!resources.length) yield required(path)
  const allSubresourcesOf = new Set<string>()
  const ofAllResources = new Set<string>()
  let hasPlainResource = false
  for (const [i, resource] of resources.entries()) {
    if (!resource) {
      yield required(`${path}[${i}]`)
      continue
    }
    const slash = resource.indexOf('/')
    if (slash < 0) {
      hasPlainResource = resource !== '*'
      continue
    }
    const [main, sub] = [resource.slice(0, slash), resource.slice(slash + 1)]
    if (allSubresourcesOf.has(main))
      yield invalid(`${path}[${i}]`, resource, `if '${main}/*' is present, must not specify ${resource}`)
    if (ofAllResources.has(sub))
      yield invalid(`${path}[${i}]`, resource, `if '*/${sub}' is present, must not specify ${resource}`)
    if (sub === '*') allSubresourcesOf.add(main)
    if (main === '*') ofAllResources.add(sub)
  }
  if (resources.length > 1 && resources.includes('*/*'))
    yield invalid(path, resources, "if '*/*' is present, must not specify other resources")
  if (resources.includes('*') && hasPlainResource)
    yield invalid(path, resources, "if '*' is present, must not specify other resources without subresources")
}

/** What the rule is about, and when. */
export function* validateRule(rule: RuleWithOperations, path: string): Generator<FieldError> {
  const { operations: wanted = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule
  if (!wanted.length) yield required(`${path}.operations`)
  if (wildcardBesides(wanted))
    yield invalid(`${path}.operations`, wanted, "if '*' is present, must not specify other operations")
  for (const [i, operation] of wanted.entries())
    if (!operations.includes(operation)) yield notSupported(`${path}.operations[${i}]`, operation, operations)
  if (!apiGroups.length) yield required(`${path}.apiGroups`)
  if (wildcardBesides(apiGroups))
    yield invalid(`${path}.apiGroups`, apiGroups, "if '*' is present, must not specify other API groups")
  if (!apiVersions.length) yield required(`${path}.apiVersions`)
  if (wildcardBesides(apiVersions))
    yield invalid(`${path}.apiVersions`, apiVersions, "if '*' is present, must not specify other API versions")
  for (const [i, version] of apiVersions.entries()) if (!version) yield required(`${path}.apiVersions[${i}]`)
  yield* validateResources(resources, `${path}.resources`)
  if (scope !== undefined && !scopes.includes(scope)) yield notSupported(`${path}.scope`, scope, scopes)
}

/** A rule that may also name the objects it is about. */
export function* validateNamedRule(rule: NamedRuleWithOperations, path: string): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, name] of (rule.resourceNames ?? []).entries()) {
    const at = `${path}.resourceNames[${i}]`
    for (const message of nameIsPathSegment(name, false)) yield invalid(at, name, message)
    if (seen.has(name)) yield duplicate(at, name)
    seen.add(name)
  }
  yield* validateRule(rule, path)
}

/** All scopes, unless the rule says otherwise. */
export function defaultRules(rules: readonly RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*'
}
