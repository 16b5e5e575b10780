/** What PodSecurity counts: upstream's names and labels. */
import { Counter, type MetricRegistry } from '../../../telemetry/metrics.js'
import type { AdmissionAttributes } from '../admission.js'
import { formatVersion, type LevelVersion, latest, type Mode } from './policy.js'

export interface PodSecurityMetrics {
  evaluated(
    decision: 'allow' | 'deny',
    policy: LevelVersion,
    where: { mode: Mode; attributes: AdmissionAttributes },
  ): void
  exempted(attributes: AdmissionAttributes): void
  /** `fatal`: nothing could be evaluated; otherwise restricted took the place of what could not be read. */
  failed(fatal: boolean, attributes: AdmissionAttributes): void
}

/** Policies of later versions than the server's are counted together. */
const serverMinor = 34

const versionLabel = ({ level, version }: LevelVersion) => {
  if (level === 'privileged' || version === latest) return 'latest'
  return version > serverMinor ? 'future' : formatVersion(version)
}

const requestLabels = ({ operation, kind, subresource }: AdmissionAttributes) => ({
  request_operation: operation.toLowerCase(),
  resource:
    kind.qualifiedResource === 'pods' ? 'pod' : kind.qualifiedResource === 'namespaces' ? 'namespace' : 'controller',
  subresource,
})

const requestLabelNames = ['request_operation', 'resource', 'subresource']

export function newPodSecurityMetrics(registry: MetricRegistry): PodSecurityMetrics {
  const registers = [registry]
  const evaluations = new Counter({
    name: 'pod_security_evaluations_total',
    help: '[ALPHA] Number of policy evaluations that occurred, not counting ignored or exempt requests.',
    labelNames: ['decision', 'policy_level', 'policy_version', 'mode', ...requestLabelNames],
    registers,
  })
  const exemptions = new Counter({
    name: 'pod_security_exemptions_total',
    help: '[ALPHA] Number of exempt requests, not counting ignored or out of scope requests.',
    labelNames: requestLabelNames,
    registers,
  })
  const errors = new Counter({
    name: 'pod_security_errors_total',
    help: '[ALPHA] Number of errors preventing normal evaluation. Non-fatal errors may result in the latest restricted profile being used for evaluation.',
    labelNames: ['fatal', ...requestLabelNames],
    registers,
  })
  const privileged = { decision: 'allow', policy_level: 'privileged', policy_version: 'latest', mode: 'enforce' }
  // These are there from the beginning, and the first two are spared the search for their labels at each pod.
  const usual = new Map<string, { inc(): void }>()
  for (const request_operation of ['create', 'update']) {
    const labels = { ...privileged, request_operation, resource: 'pod', subresource: '' }
    evaluations.inc(labels, 0)
    usual.set(request_operation.toUpperCase(), evaluations.labels(labels))
    for (const resource of ['pod', 'controller']) exemptions.inc({ request_operation, resource, subresource: '' }, 0)
  }

  return {
    evaluated(decision, policy, { mode, attributes }) {
      const { operation, subresource, kind } = attributes
      const isUsual = policy.level === 'privileged' && mode === 'enforce' && decision === 'allow' && !subresource
      const known = isUsual && kind.qualifiedResource === 'pods' ? usual.get(operation) : undefined
      if (known) return known.inc()
      const labels = { decision, policy_level: policy.level, policy_version: versionLabel(policy), mode }
      evaluations.inc({ ...labels, ...requestLabels(attributes) })
    },
    exempted: attributes => exemptions.inc(requestLabels(attributes)),
    failed: (fatal, attributes) => errors.inc({ fatal: String(fatal), ...requestLabels(attributes) }),
  }
}
