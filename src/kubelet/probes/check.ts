/** One look at a container: what every kind of probe answers. */
import type { Container } from '../../apis/generated/core-v1.js'
import type { AnyContainer } from '../pods/pod.js'

/** `warning` counts as success but is told. */
export interface CheckResult {
  outcome: 'success' | 'warning' | 'failure'
  /** What the container said, or why it could not be asked; for the event. */
  output: string
}

export const succeeded = (output = ''): CheckResult => ({ outcome: 'success', output })
export const failed = (output: string): CheckResult => ({ outcome: 'failure', output })

/** A number, a number in text, or the name of one of the container's ports. Throws with upstream's words. */
export function resolvePort(port: number | string, container: AnyContainer): number {
  if (typeof port === 'number') return checkRange(port)
  if (/^\d+$/.test(port)) return checkRange(Number(port))
  const named = (container as Container).ports?.find(({ name }) => name === port)
  if (!named) throw new Error(`couldn't find port by name ${port}`)
  return checkRange(named.containerPort)
}

function checkRange(port: number): number {
  if (port < 1 || port > 65535) throw new Error(`invalid port number: ${port}`)
  return port
}

const networkErrors: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ECONNRESET: 'read: connection reset by peer',
  ETIMEDOUT: 'i/o timeout',
}

/** Go's words for a failed connection. */
export function describeNetworkError(error: NodeJS.ErrnoException, address: string): string {
  const words = error.code && networkErrors[error.code]
  if (error.code === 'ENOTFOUND') return `dial tcp: lookup ${address.replace(/:\d+$/, '')}: no such host`
  return words ? `dial tcp ${address}: ${words}` : error.message
}
