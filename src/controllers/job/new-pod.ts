/** The pod that a Job makes, for one of its indexes or for none. Pure. */
import type { Job } from '../../apis/generated/batch-v1.js'
import type { Container, Pod } from '../../apis/generated/core-v1.js'
import type { KindRef } from '../../machinery/kind.js'
import { newPodFromTemplate } from '../pods/control.js'
import { judgeFailure } from './failure-policy.js'
import {
  failureCountAnnotation,
  ignoredFailureCountAnnotation,
  indexAnnotation,
  indexFailuresOf,
  trackingFinalizer,
} from './pods.js'
import type { JobView } from './view.js'

const indexEnvironment = 'JOB_COMPLETION_INDEX'
/** What is left of a generated name after the random suffix. */
const maxPrefix = 58

export function newJobPod({ job, indexes }: JobView, kind: KindRef, index: number | undefined): Pod {
  const pod = newPodFromTemplate(job.spec.template, kind, job)
  const { metadata, spec } = pod
  metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), trackingFinalizer])]
  if (index === undefined) return pod
  const suffix = `-${index}-`
  const name = job.metadata.name ?? ''
  metadata.generateName = `${name.slice(0, maxPrefix - suffix.length)}${suffix}`
  metadata.annotations = {
    ...metadata.annotations,
    [indexAnnotation]: String(index),
    ...failureCounts(job, indexes?.delayed.get(index)),
  }
  metadata.labels = { ...metadata.labels, [indexAnnotation]: String(index) }
  spec.hostname = `${name}-${index}`
  spec.containers = spec.containers.map(withIndex)
  if (spec.initContainers) spec.initContainers = spec.initContainers.map(withIndex)
  return pod
}

function withIndex(container: Container): Container {
  if (container.env?.some(e => e.name === indexEnvironment)) return container
  const fieldRef = { fieldPath: `metadata.labels['${indexAnnotation}']` }
  return { ...container, env: [...(container.env ?? []), { name: indexEnvironment, valueFrom: { fieldRef } }] }
}

/** Failures of the index so far, the pod being replaced included. */
function failureCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (job.spec.backoffLimitPerIndex === undefined) return {}
  const before = replaced ? indexFailuresOf(replaced) : { counted: 0, ignored: 0 }
  const counts = replaced !== undefined && judgeFailure(job, replaced).counts
  const counted = before.counted + (counts ? 1 : 0)
  const ignored = before.ignored + (replaced && !counts ? 1 : 0)
  return {
    [failureCountAnnotation]: String(counted),
    ...(ignored > 0 && { [ignoredFailureCountAnnotation]: String(ignored) }),
  }
}
