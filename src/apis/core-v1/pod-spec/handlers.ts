/** Checks of what probes and lifecycle hooks do: exec, httpGet, tcpSocket, grpc, sleep. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../machinery/field-error.js'
import { isHttpHeaderName } from '../../../machinery/names.js'
import type { HTTPGetAction, LifecycleHandler, Probe, SleepAction } from '../../generated/core-v1.js'
import { validatePortNumberOrName } from './ports.js'

const schemes = ['HTTP', 'HTTPS'] as const

function* validateHttpGet(
  { path: target, port, scheme, httpHeaders = [] }: HTTPGetAction,
  path: string,
): Generator<FieldError> {
  if (!target) yield required(`${path}.path`)
  yield* validatePortNumberOrName(port, `${path}.port`)
  if (!schemes.includes(scheme as never)) yield notSupported(`${path}.scheme`, scheme ?? '', schemes)
  for (const { name } of httpHeaders)
    for (const message of isHttpHeaderName(name)) yield invalid(`${path}.httpHeaders`, name, message)
}

function* validateSleep(
  { seconds = 0 }: SleepAction,
  gracePeriod: number | undefined,
  path: string,
): Generator<FieldError> {
  if (gracePeriod !== undefined && (seconds < 0 || seconds > gracePeriod))
    yield invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`)
}

type Handler = LifecycleHandler & Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>

function* validateAction(
  name: (typeof actions)[number],
  handler: Handler,
  gracePeriod: number | undefined,
  path: string,
): Generator<FieldError> {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  if (name === 'exec' && !exec?.command?.length) yield required(`${path}.command`)
  if (name === 'httpGet' && httpGet) yield* validateHttpGet(httpGet, path)
  if (name === 'tcpSocket') yield* validatePortNumberOrName(tcpSocket?.port, `${path}.port`)
  if (name === 'grpc') yield* validatePortNumberOrName(grpc?.port, `${path}.port`)
  if (name === 'sleep' && sleep) yield* validateSleep(sleep, gracePeriod, path)
}

const actions = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const

/** Exactly one action, and that one valid. */
export function* validateHandler(
  handler: Handler,
  gracePeriod: number | undefined,
  path: string,
): Generator<FieldError> {
  const [first, ...more] = actions.filter(name => handler[name])
  if (!first) yield required(path, 'must specify a handler type')
  else yield* validateAction(first, handler, gracePeriod, `${path}.${first}`)
  for (const name of more) yield forbidden(`${path}.${name}`, 'may not specify more than 1 handler type')
}
