/** Ends containers: preStop hook, stop signal, grace; and whole pods, sidecars after the containers they serve. */
import type { Container, Pod } from '../../apis/generated/core-v1.js'
import type { Timer } from '../../machinery/clock.js'
import { eventsFor } from '../events.js'
import { runHook } from '../hooks.js'
import type { ContainerStatus } from '../runtime/types.js'
import type { Grace } from './grace.js'
import type { KillReason } from './plan-pod.js'
import { findContainer, isRestartableInit } from './pod.js'
import type { PodDeps } from './pod-deps.js'
import { addressesOf, type PodState } from './pod-state.js'

/** However little is left, a container gets this long between its signal and the kill. */
const minimumGraceSeconds = 2
const defaultGraceSeconds = 30

export interface KillRequest {
  pod: Pod
  container: ContainerStatus
  /** Of the event; default: `Stopping container <name>`. */
  message?: string
  reason?: KillReason
  /** Overrides what pod and probe say. */
  grace?: Grace
  podIP: string
}

/** Of the pod, or of the probe that failed. */
function graceSecondsFor({ pod, container, reason, grace }: KillRequest): number {
  if (grace) return grace.seconds
  const spec = findContainer(pod, container.name) as Container | undefined
  const probe =
    reason === 'liveness-probe' ? spec?.livenessProbe : reason === 'startup-probe' ? spec?.startupProbe : undefined
  return probe?.terminationGracePeriodSeconds ?? podGraceSeconds(pod)
}

export function podGraceSeconds({ metadata, spec }: Pod): number {
  return Number(metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? defaultGraceSeconds)
}

/** Seconds that the hook took, at most the grace. */
async function runPreStop(deps: PodDeps, request: KillRequest, seconds: number): Promise<number> {
  const { pod, container, podIP, grace } = request
  const spec = findContainer(pod, container.name) as Container | undefined
  const handler = spec?.lifecycle?.preStop
  if (!spec || !handler || seconds <= 0) return 0
  const started = deps.clock.monotonic()
  const stop = new AbortController()
  const elapsed = () => (deps.clock.monotonic() - started) / 1000
  let timer: Timer | undefined
  const late = new Promise<void>(resolve => {
    const arm = (total: number) => {
      timer?.cancel()
      timer = deps.clock.after(Math.max(0, total - elapsed()) * 1000, resolve)
    }
    arm(seconds)
    stop.signal.addEventListener('abort', grace?.onShortened(arm) ?? (() => {}), { once: true })
  })
  const hook = runHook(deps, handler, { pod, container: spec, containerId: container.id, podIP }, stop.signal).catch(
    error => {
      if (stop.signal.aborted) return
      deps.log.info({ pod: pod.metadata.name, container: container.name, error: String(error) }, 'preStop hook failed')
      eventsFor(deps.events, pod, container.name).warning('FailedPreStopHook', 'PreStopHook failed')
    },
  )
  await Promise.race([hook, late])
  timer?.cancel()
  stop.abort()
  return Math.min(seconds, Math.floor(elapsed()))
}

/** Resolves when the container is down and the cache knows it. */
export async function killContainer(
  deps: PodDeps,
  request: KillRequest,
  turn: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  const { pod, container, message, grace } = request
  const started = deps.clock.monotonic()
  const total = graceSecondsFor(request)
  eventsFor(deps.events, pod, container.name).normal('Killing', message ?? `Stopping container ${container.name}`)
  await turn
  const waited = Math.floor((deps.clock.monotonic() - started) / 1000)
  const spent = waited + (await runPreStop(deps, request, total - waited))
  const limit = Math.min(total, grace?.seconds ?? total)
  const unsubscribe = grace?.onShortened(seconds => {
    deps.runtime.stopContainer(container.id, Math.max(minimumGraceSeconds, seconds)).catch(() => {})
  })
  try {
    await deps.runtime.stopContainer(container.id, Math.max(minimumGraceSeconds, limit - spent))
  } finally {
    unsubscribe?.()
  }
  await deps.cache.refresh(container.id)
}

function sidecarsLast(pod: Pod, containers: readonly ContainerStatus[]) {
  const order = (pod.spec.initContainers ?? []).filter(isRestartableInit).map(({ name }) => name)
  const sidecars = containers.filter(({ name }) => order.includes(name))
  return {
    main: containers.filter(({ name }) => !order.includes(name)),
    // The last that was started is the first to go.
    sidecars: sidecars.sort((a, b) => order.indexOf(b.name) - order.indexOf(a.name)),
  }
}

/** Ends every container of the pod and then its sandboxes. Safe to repeat. */
export async function killPod(deps: PodDeps, pod: Pod, state: PodState, grace?: Grace): Promise<void> {
  const running = state.containers.filter(({ state: s }) => s === 'running' || s === 'unknown')
  const podIP = addressesOf(state)[0] ?? pod.status?.podIP ?? ''
  const { main, sidecars } = sidecarsLast(pod, running)
  const kill = (container: ContainerStatus, turn?: Promise<unknown>) =>
    killContainer(deps, { pod, container, podIP, ...(grace && { grace }) }, turn)
  const ended = main.map(container => kill(container))
  for (const sidecar of sidecars) ended.push(kill(sidecar, Promise.allSettled([...ended])))
  await Promise.all(ended)
  await Promise.all(
    state.sandboxes.map(async ({ id, state: s }) => {
      if (s === 'exited') return
      await deps.runtime.stopSandbox(id)
      await deps.cache.refresh(id)
    }),
  )
}
