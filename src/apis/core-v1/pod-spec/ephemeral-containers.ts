/** Checks of ephemeral containers: for debugging only, so much is denied to them. */
import { duplicate, type FieldError, forbidden, notFoundValue } from '../../../machinery/field-error.js'
import type { EphemeralContainer, PodSpec } from '../../generated/core-v1.js'
import { validateContainerCommon, validateImageOfPod } from './containers.js'
import type { PodContext } from './context.js'

const denied = 'cannot be set for an Ephemeral Container'

/** In the order of upstream's struct, whose fields it walks. */
const deniedFields = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const

/** Lists and `resources` are set when they hold something, all else when it is there. */
const isSet = (container: EphemeralContainer, field: (typeof deniedFields)[number]): boolean => {
  const value = container[field]
  if (Array.isArray(value) || field === 'resources') return Object.keys(value ?? {}).length > 0
  return value !== undefined
}

function* validateDeniedFields(container: EphemeralContainer, path: string): Generator<FieldError> {
  for (const field of deniedFields) if (isSet(container, field)) yield forbidden(`${path}.${field}`, denied)
  for (const [i, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${i}]`
    if (subPath) yield forbidden(`${at}.subPath`, denied)
    if (subPathExpr) yield forbidden(`${at}.subPathExpr`, denied)
  }
}

/** spec.ephemeralContainers. */
export function* validateEphemeralContainers(spec: PodSpec, context: PodContext, path: string): Generator<FieldError> {
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(c => c.name))
  const names = new Set(others)
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    const at = `${path}[${i}]`
    yield* validateContainerCommon(container, context, at)
    yield* validateImageOfPod(container, at)
    const { name, targetContainerName: target } = container
    if (names.has(name)) yield duplicate(`${at}.name`, name)
    names.add(name)
    if (target && !others.has(target)) yield notFoundValue(`${at}.targetContainerName`, target)
    yield* validateDeniedFields(container, at)
  }
}
