/** Checks of a container's resizePolicy. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../../machinery/field-error.js'
import type { ContainerResizePolicy } from '../../generated/core-v1.js'

const resizableResources = ['cpu', 'memory'] as const
const resizeRestartPolicies = ['NotRequired', 'RestartContainer'] as const

function* oneOf(value: string, allowed: readonly string[], path: string): Generator<FieldError> {
  if (!value) yield required(path)
  else if (!allowed.includes(value)) yield notSupported(path, value, allowed)
}

/** `restartPolicy` is the pod's. */
export function* validateResizePolicy(
  policies: readonly ContainerResizePolicy[] | undefined,
  restartPolicy: string,
  path: string,
): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, policy] of (policies ?? []).entries()) {
    if (seen.has(policy.resourceName)) yield duplicate(`${path}[${i}]`, policy.resourceName)
    seen.add(policy.resourceName)
    yield* oneOf(policy.resourceName, resizableResources, path)
    yield* oneOf(policy.restartPolicy, resizeRestartPolicies, path)
    if (restartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired')
      yield invalid(path, policy.restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")
  }
}
