/** Checks of a container's probes and lifecycle hooks. */
import { type FieldError, forbidden, invalid, notSupported } from '../../../machinery/field-error.js'
import type { Container, Lifecycle, Probe } from '../../generated/core-v1.js'
import { nonNegativeFields } from '../../validation/numbers.js'
import type { PodContext } from './context.js'
import { validateHandler } from './handlers.js'
import { linuxStopSignals, windowsStopSignals } from './stop-signals.js'

const counters = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

function* validateProbe(probe: Probe, context: PodContext, path: string): Generator<FieldError> {
  yield* validateHandler(probe, context.gracePeriod, path)
  yield* nonNegativeFields(probe, path, counters)
  const { terminationGracePeriodSeconds: grace } = probe
  if (grace !== undefined && grace <= 0)
    yield invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')
}

/** Liveness and startup probes succeed at once or not at all. */
function* validateSingleSuccessProbe(probe: Probe, context: PodContext, path: string): Generator<FieldError> {
  yield* validateProbe(probe, context, path)
  if (probe.successThreshold !== 1) yield invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1')
}

function* validateReadinessProbe(probe: Probe, context: PodContext, path: string): Generator<FieldError> {
  yield* validateProbe(probe, context, path)
  if (probe.terminationGracePeriodSeconds !== undefined)
    yield invalid(
      `${path}.terminationGracePeriodSeconds`,
      probe.terminationGracePeriodSeconds,
      'must not be set for readinessProbes',
    )
}

function* validateStopSignal(signal: string, context: PodContext, path: string): Generator<FieldError> {
  if (!context.os) {
    yield forbidden(path, 'may not be set for containers with empty `spec.os.name`')
    return
  }
  const signals = { windows: windowsStopSignals, linux: linuxStopSignals }[context.os.name as 'windows' | 'linux']
  if (signals && !signals.includes(signal)) yield notSupported(path, signal, signals)
}

function* validateLifecycle(lifecycle: Lifecycle, context: PodContext, path: string): Generator<FieldError> {
  const { postStart, preStop, stopSignal } = lifecycle
  if (postStart) yield* validateHandler(postStart, context.gracePeriod, `${path}.postStart`)
  if (preStop) yield* validateHandler(preStop, context.gracePeriod, `${path}.preStop`)
  if (stopSignal !== undefined) yield* validateStopSignal(stopSignal, context, `${path}.stopSignal`)
}

/** Hooks and probes of a regular container or a sidecar. */
export function* validateHooksAndProbes(
  container: Container,
  context: PodContext,
  path: string,
): Generator<FieldError> {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container
  if (lifecycle) yield* validateLifecycle(lifecycle, context, `${path}.lifecycle`)
  if (livenessProbe) yield* validateSingleSuccessProbe(livenessProbe, context, `${path}.livenessProbe`)
  if (readinessProbe) yield* validateReadinessProbe(readinessProbe, context, `${path}.readinessProbe`)
  if (startupProbe) yield* validateSingleSuccessProbe(startupProbe, context, `${path}.startupProbe`)
}
