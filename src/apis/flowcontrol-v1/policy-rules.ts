/** Validation of what a flow schema matches: subjects, resources and paths. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { nameIsDnsLabel, nameIsDnsSubdomain } from '../../machinery/name-rules.js'
import type {
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
  Subject,
} from '../generated/flowcontrol-v1.js'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
const subjectKinds = ['Group', 'ServiceAccount', 'User']

/** The field of a subject that each kind uses. */
const fieldOfKind = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const
type SubjectKind = keyof typeof fieldOfKind
/** In the order in which upstream complains of those that do not belong to the kind. */
const foreignKinds: Readonly<Record<SubjectKind, readonly SubjectKind[]>> = {
  ServiceAccount: ['User', 'Group'],
  User: ['ServiceAccount', 'Group'],
  Group: ['ServiceAccount', 'User'],
}

function* validateServiceAccount({ name, namespace }: ServiceAccountSubject, path: string): Generator<FieldError> {
  if (!name) yield required(`${path}.name`)
  else if (name !== '*')
    for (const message of nameIsDnsSubdomain(name, false)) yield invalid(`${path}.name`, name, message)
  if (!namespace) yield required(`${path}.namespace`, 'must specify namespace for service account')
  else for (const message of nameIsDnsLabel(namespace, false)) yield invalid(`${path}.namespace`, namespace, message)
}

function* validateSubject(subject: Subject, path: string): Generator<FieldError> {
  const kind = subject.kind as SubjectKind
  const field = fieldOfKind[kind]
  if (!field) return yield notSupported(`${path}.kind`, subject.kind ?? '', subjectKinds)
  const own = subject[field]
  if (!own) yield required(`${path}.${field}`, `${field} is required when subject kind is '${kind}'`)
  else if (kind === 'ServiceAccount') yield* validateServiceAccount(own as ServiceAccountSubject, `${path}.${field}`)
  else if (!own.name) yield required(`${path}.${field}.name`)
  for (const other of foreignKinds[kind]) {
    const name = fieldOfKind[other]
    if (subject[name]) yield forbidden(`${path}.${name}`, `${name} is forbidden when subject kind is not '${other}'`)
  }
}

const mustStandAlone = (path: string, values: readonly string[], what: string) =>
  invalid(path, values, `if '*' is present, must not specify other ${what}`)

function* validateVerbs(given: readonly string[] | undefined, path: string): Generator<FieldError> {
  if (!given?.length) yield required(path, 'verbs must contain at least one value')
  else if (given.includes('*')) {
    if (given.length > 1) yield mustStandAlone(path, given, 'verbs')
  } else if (!given.every(verb => verbs.includes(verb))) yield notSupported(path, given, verbs)
}

function urlError(path: string): string | undefined {
  if (!path) return 'must not be empty'
  if (path === '/') return undefined
  if (!path.startsWith('/')) return 'must start with slash'
  if (path.includes(' ')) return 'must not contain white-space'
  if (path.includes('//')) return 'must not contain double slash'
  const wildcards = path.split('*').length - 1
  if (wildcards > 1 || (wildcards === 1 && !path.endsWith('/*'))) return 'wildcard can only do suffix matching'
  return undefined
}

function* validateNonResourceRule(rule: NonResourcePolicyRule, path: string): Generator<FieldError> {
  yield* validateVerbs(rule.verbs, `${path}.verbs`)
  const urls = rule.nonResourceURLs ?? []
  const field = `${path}.nonResourceURLs`
  if (!urls.length) yield required(field, 'nonResourceURLs must contain at least one value')
  else if (urls.includes('*')) {
    if (urls.length > 1) yield mustStandAlone(field, urls, 'non-resource URLs')
  } else
    for (const [i, url] of urls.entries()) {
      const error = urlError(url)
      if (error) yield invalid(`${field}[${i}]`, url, error)
    }
}

function* validateNamespaces({ namespaces, clusterScope }: ResourcePolicyRule, path: string): Generator<FieldError> {
  const given = namespaces ?? []
  if (!given.length && !clusterScope)
    yield required(path, 'resource rules that are not cluster scoped must supply at least one namespace')
  else if (given.includes('*')) {
    if (given.length > 1) yield mustStandAlone(path, given, 'namespaces')
  } else
    for (const [i, namespace] of given.entries())
      for (const message of nameIsDnsLabel(namespace, false))
        yield invalid(
          `${path}[${i}]`,
          namespace,
          `each member of this list must be '*' or a DNS-1123 label; ${message}`,
        )
}

function* validateResourceRule(rule: ResourcePolicyRule, path: string): Generator<FieldError> {
  yield* validateVerbs(rule.verbs, `${path}.verbs`)
  const apiGroups = rule.apiGroups ?? []
  if (!apiGroups.length) yield required(`${path}.apiGroups`, 'resource rules must supply at least one api group')
  else if (apiGroups.length > 1 && apiGroups.includes('*'))
    yield mustStandAlone(`${path}.apiGroups`, apiGroups, 'api groups')
  const resources = rule.resources ?? []
  if (!resources.length) yield required(`${path}.resources`, 'resource rules must supply at least one resource')
  else if (resources.length > 1 && resources.includes('*'))
    yield mustStandAlone(`${path}.resources`, resources, 'resources')
  yield* validateNamespaces(rule, `${path}.namespaces`)
}

/** Upstream's ValidateFlowSchemaPolicyRulesWithSubjects. */
export function* validatePolicyRules(rule: PolicyRulesWithSubjects, path: string): Generator<FieldError> {
  const { subjects, resourceRules = [], nonResourceRules = [] } = rule
  if (!subjects?.length) yield required(`${path}.subjects`, 'subjects must contain at least one value')
  else for (const [i, subject] of subjects.entries()) yield* validateSubject(subject, `${path}.subjects[${i}]`)
  if (!resourceRules.length && !nonResourceRules.length)
    yield required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty')
  for (const [i, one] of resourceRules.entries()) yield* validateResourceRule(one, `${path}.resourceRules[${i}]`)
  for (const [i, one] of nonResourceRules.entries())
    yield* validateNonResourceRule(one, `${path}.nonResourceRules[${i}]`)
}
