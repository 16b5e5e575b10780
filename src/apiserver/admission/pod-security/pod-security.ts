/** PodSecurity: pods must keep to the level their namespace enforces; others are warned of what will be refused. */
import type { PodSpec } from '../../../apis/generated/core-v1.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { forbiddenError, internalError } from '../../../machinery/status-error.js'
import type { MetricRegistry } from '../../../telemetry/metrics.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import { type Lookup, namespaces } from '../lookup.js'
import type { CheckedPod, Violation } from './check.js'
import { defaultPolicyOf, type PodSecurityConfiguration } from './configuration.js'
import { describeViolations, violations } from './evaluate.js'
import { newPodSecurityMetrics } from './metrics.js'
import { checkNamespace } from './namespace-labels.js'
import { formatLevelVersion, fullyPrivileged, type LevelVersion, type Policy, policyOf } from './policy.js'
import { isSignificantUpdate } from './significant-update.js'

/** Where the kinds that make pods keep the template. */
const templateOf: Readonly<Record<string, (object: AnyObject) => CheckedPod | undefined>> = {
  podtemplates: object => object.template as CheckedPod | undefined,
  cronjobs: object =>
    (object.spec as { jobTemplate?: { spec?: { template?: CheckedPod } } }).jobTemplate?.spec?.template,
}
const templateOfSpec = (object: AnyObject) => (object.spec as { template?: CheckedPod } | undefined)?.template

const controllers = [
  'replicationcontrollers',
  'podtemplates',
  'replicasets.apps',
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
]

const annotate = ({ annotate }: AdmissionAttributes, key: string, value: string) =>
  annotate?.(`pod-security.kubernetes.io/${key}`, value)

const wouldViolate = (level: LevelVersion, found: readonly Violation[]) =>
  `would violate PodSecurity "${formatLevelVersion(level)}": ${describeViolations(found)}`

/** Others change the pod itself. */
const ignoredSubresources: ReadonlySet<string> = new Set([
  'exec',
  'attach',
  'binding',
  'eviction',
  'log',
  'portforward',
  'proxy',
  'status',
])

interface PolicyOfNamespace {
  policy: Policy
  readable: boolean
}

export function podSecurity(
  lookup: Lookup,
  { metrics: registry, configuration = {} }: { metrics: MetricRegistry; configuration?: PodSecurityConfiguration },
): AdmissionPlugin {
  const defaults = defaultPolicyOf(configuration)
  const { usernames = [], namespaces: exemptNamespaces = [], runtimeClasses = [] } = configuration.exemptions ?? {}
  const metrics = newPodSecurityMetrics(registry)
  // Objects are never changed once stored, so what their labels say holds as long as they are there.
  const policies = new WeakMap<AnyObject, PolicyOfNamespace>()

  const isExemptRuntime = (spec: PodSpec | undefined) =>
    !!spec?.runtimeClassName && runtimeClasses.includes(spec.runtimeClassName)

  const policyFor = async (namespace: string): Promise<PolicyOfNamespace | undefined> => {
    const found = await lookup.get(namespaces, { name: namespace })
    if (!found) return undefined
    let known = policies.get(found)
    if (!known) {
      const { policy, errors } = policyOf(found.metadata.labels, defaults)
      policies.set(found, (known = { policy, readable: !errors.length }))
    }
    return known
  }

  const isExempt = (attributes: AdmissionAttributes) => {
    const { namespace, user } = attributes
    const exempt = exemptNamespaces.includes(namespace) || usernames.includes(user.name)
    if (exempt) metrics.exempted(attributes)
    return exempt
  }

  /** Enforces, notes and warns; a level that two modes share is evaluated once. */
  const evaluate = (attributes: AdmissionAttributes, pod: CheckedPod, { policy, readable }: PolicyOfNamespace) => {
    if (isExemptRuntime(pod.spec)) return metrics.exempted(attributes)
    if (!readable) metrics.failed(false, attributes)
    const known = new Map<string, Violation[]>()
    const find = (wanted: LevelVersion) => {
      const key = formatLevelVersion(wanted)
      const found = known.get(key) ?? violations(wanted, pod)
      known.set(key, found)
      return found
    }
    const { enforce, audit, warn } = policy
    const { kind, object } = attributes
    const refused = kind.qualifiedResource === 'pods' ? find(enforce) : []
    if (kind.qualifiedResource === 'pods')
      metrics.evaluated(refused.length ? 'deny' : 'allow', enforce, { mode: 'enforce', attributes })
    if (kind.qualifiedResource === 'pods') annotate(attributes, 'enforce-policy', formatLevelVersion(enforce))
    const noted = find(audit)
    if (noted.length) {
      metrics.evaluated('deny', audit, { mode: 'audit', attributes })
      annotate(attributes, 'audit-violations', wouldViolate(audit, noted))
    }
    if (refused.length) {
      const why = `violates PodSecurity "${formatLevelVersion(enforce)}": ${describeViolations(refused)}`
      throw forbiddenError(kind, attributes.name || (object?.metadata.name ?? ''), why)
    }
    const warned = find(warn)
    if (!warned.length) return
    metrics.evaluated('deny', warn, { mode: 'warn', attributes })
    attributes.warn?.(wouldViolate(warn, warned))
  }

  const checkPod = async (attributes: AdmissionAttributes) => {
    const { subresource, namespace, operation, object, old } = attributes
    if (ignoredSubresources.has(subresource) || isExempt(attributes)) return
    const found = await policyFor(namespace)
    if (!found) {
      metrics.failed(true, attributes)
      throw internalError(`failed to lookup namespace ${JSON.stringify(namespace)}`)
    }
    if (found.readable && fullyPrivileged(found.policy)) {
      annotate(attributes, 'enforce-policy', formatLevelVersion(found.policy.enforce))
      return metrics.evaluated('allow', found.policy.enforce, { mode: 'enforce', attributes })
    }
    const pod = object as unknown as CheckedPod
    if (operation === 'UPDATE' && !isSignificantUpdate(pod, old as unknown as CheckedPod)) return
    evaluate(attributes, pod, found)
  }

  const checkController = async (attributes: AdmissionAttributes) => {
    if (attributes.subresource || isExempt(attributes)) return
    const found = await policyFor(attributes.namespace)
    if (!found) return metrics.failed(true, attributes)
    const { warn, audit } = found.policy
    if (found.readable && warn.level === 'privileged' && audit.level === 'privileged') return
    const template = (templateOf[attributes.kind.names.plural] ?? templateOfSpec)(attributes.object!)
    if (template) evaluate(attributes, template, found)
  }

  return {
    name: 'PodSecurity',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods', 'namespaces', ...controllers],
    subresources: true,
    validate(attributes) {
      const { qualifiedResource } = attributes.kind
      if (qualifiedResource === 'pods') return checkPod(attributes)
      if (qualifiedResource !== 'namespaces') return checkController(attributes)
      return checkNamespace(attributes, { lookup, defaults, exemptNamespaces, isExemptRuntime })
    },
  }
}
