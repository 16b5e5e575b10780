/** Which run of a container a request for logs means; upstream's validateContainerLogStatus and its words. Pure. */
import type { PodStatus } from '../../apis/generated/core-v1.js'
import { badRequest } from '../../machinery/status-error.js'
import { allStatuses } from '../pods/pod.js'

const pullTroubles: Record<string, string> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

const withoutScheme = (containerID: string) => containerID.replace(/^[^:]*:\/\//, '')

export interface LogRequest {
  pod: string
  container: string
  status: PodStatus | undefined
  previous: boolean
}

/** The container's id in the runtime. Throws a 400 where there is no log yet. */
export function logSource({ pod, container, status, previous }: LogRequest): string {
  const found = allStatuses(status).find(({ name }) => name === container)
  const which = `container "${container}" in pod "${pod}"`
  if (!found) throw badRequest(`${which} is not available`)
  const { state = {}, lastState = {}, containerID } = found
  const last = lastState.terminated?.containerID
  if (previous) {
    if (!last) throw badRequest(`previous terminated ${which} not found`)
    return withoutScheme(last)
  }
  if (state.running && containerID) return withoutScheme(containerID)
  const ended = state.terminated?.containerID || last
  if (ended) return withoutScheme(ended)
  if (state.terminated || lastState.terminated) throw badRequest(`${which} is terminated`)
  const reason = state.waiting?.reason ?? ''
  if (!state.waiting) throw badRequest(`${which} is waiting to start - no logs yet`)
  throw badRequest(`${which} is waiting to start: ${pullTroubles[reason] ?? reason}`)
}
