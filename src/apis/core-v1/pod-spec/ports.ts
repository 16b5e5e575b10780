/** Checks of container ports. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../../machinery/field-error.js'
import { isValidPortName, isValidPortNumber } from '../../../machinery/name-rules.js'
import type { Container, ContainerPort } from '../../generated/core-v1.js'
import { formatErrors } from '../../validation/text.js'

export const portProtocols = ['SCTP', 'TCP', 'UDP'] as const

/** A port number. */
export function* validatePortNumber(port: number, path: string): Generator<FieldError> {
  for (const message of isValidPortNumber(port)) yield invalid(path, port, message)
}

/** A port as a number, or by the name of a container port. */
export function* validatePortNumberOrName(port: number | string | undefined, path: string): Generator<FieldError> {
  if (typeof port === 'string') yield* formatErrors(isValidPortName, port, path)
  else yield* validatePortNumber(port ?? 0, path)
}

/** The transport protocol of a port of a container, a service or an endpoint. */
export function* validateProtocol(protocol: string | undefined, path: string): Generator<FieldError> {
  if (!protocol) yield required(path)
  else if (!portProtocols.includes(protocol as never)) yield notSupported(path, protocol, portProtocols)
}

function* validatePortName(name: string, names: Set<string>, path: string): Generator<FieldError> {
  const messages = isValidPortName(name)
  for (const message of messages) yield invalid(path, name, message)
  if (messages.length) return
  if (names.has(name)) yield duplicate(path, name)
  names.add(name)
}

/** The ports of one container. */
export function* validateContainerPorts(
  ports: readonly ContainerPort[] | undefined,
  path: string,
): Generator<FieldError> {
  const names = new Set<string>()
  for (const [i, port] of (ports ?? []).entries()) {
    const at = `${path}[${i}]`
    if (port.name) yield* validatePortName(port.name, names, `${at}.name`)
    if (!port.containerPort) yield required(`${at}.containerPort`)
    else yield* validatePortNumber(port.containerPort, `${at}.containerPort`)
    if (port.hostPort) yield* validatePortNumber(port.hostPort, `${at}.hostPort`)
    yield* validateProtocol(port.protocol, `${at}.protocol`)
  }
}

/** No two containers of the list may ask for the same port of the host. */
export function* validateHostPortConflicts(containers: readonly Container[], path: string): Generator<FieldError> {
  const taken = new Set<string>()
  for (const [c, { ports = [] }] of containers.entries()) {
    for (const [p, { protocol = '', hostIP = '', hostPort }] of ports.entries()) {
      if (!hostPort) continue
      const key = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(key)) yield duplicate(`${path}[${c}].ports[${p}].hostPort`, key)
      taken.add(key)
    }
  }
}
