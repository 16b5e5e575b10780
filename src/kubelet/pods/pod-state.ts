/** What the runtime has of one pod: its sandboxes and containers, those that run and those that did. */
import type { ContainerStatus } from '../runtime/types.js'

export interface PodState {
  /** Newest first. */
  sandboxes: readonly ContainerStatus[]
  /** Newest first. */
  containers: readonly ContainerStatus[]
}

export const emptyPodState: PodState = { sandboxes: [], containers: [] }

const newestFirst = (a: ContainerStatus, b: ContainerStatus) => b.createdAt - a.createdAt || b.attempt - a.attempt

export function podStateOf(statuses: Iterable<ContainerStatus>): PodState {
  const all = [...statuses].sort(newestFirst)
  return {
    sandboxes: all.filter(({ type }) => type === 'sandbox'),
    containers: all.filter(({ type }) => type === 'container'),
  }
}

/** The newest container of that name. */
export const latestOf = ({ containers }: PodState, name: string): ContainerStatus | undefined =>
  containers.find(container => container.name === name)

export const runningSandbox = ({ sandboxes }: PodState): ContainerStatus | undefined =>
  sandboxes[0]?.state === 'running' ? sandboxes[0] : undefined

export const hasRunning = ({ containers }: PodState): boolean => containers.some(({ state }) => state === 'running')

/** Addresses of the running sandbox; empty on the host's network and before it runs. */
export const addressesOf = (state: PodState): readonly string[] => runningSandbox(state)?.ips ?? []
