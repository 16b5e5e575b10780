/** Checks of init containers and sidecars (init containers that keep running). */
import { duplicate, type FieldError, forbidden, notSupported } from '../../../machinery/field-error.js'
import type { Container, PodSpec } from '../../generated/core-v1.js'
import { validateContainerCommon } from './containers.js'
import type { PodContext } from './context.js'
import { validateHostPortConflicts } from './ports.js'
import { validateHooksAndProbes } from './probes.js'
import { isRestartableInitContainer } from './visit-containers.js'

const onlyForSidecars = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const

function* validateRole(container: Container, context: PodContext, path: string): Generator<FieldError> {
  if (isRestartableInitContainer(container)) {
    yield* validateHooksAndProbes(container, context, path)
    return
  }
  for (const field of onlyForSidecars)
    if (container[field])
      yield forbidden(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always')
}

/** spec.initContainers. */
export function* validateInitContainers(spec: PodSpec, context: PodContext, path: string): Generator<FieldError> {
  const names = new Set((spec.containers ?? []).map(container => container.name))
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const at = `${path}[${i}]`
    yield* validateContainerCommon(container, context, at)
    const { name, restartPolicy } = container
    if (restartPolicy !== undefined && restartPolicy !== 'Always')
      yield notSupported(`${at}.restartPolicy`, restartPolicy, ['Always'])
    if (names.has(name)) yield duplicate(`${at}.name`, name)
    else if (name) names.add(name)
    yield* validateHostPortConflicts([container], path)
    yield* validateRole(container, context, at)
  }
}
