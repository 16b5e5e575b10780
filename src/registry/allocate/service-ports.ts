/** Takes and gives up the node ports of a service, and the port of its health check, as it is created and changes. */
import { needsHealthCheck, needsNodePort } from '../../apis/core-v1/service-facts.js'
import type { Service, ServicePort, ServiceSpec } from '../../apis/generated/core-v1.js'
import { invalid } from '../../machinery/field-error.js'
import { internalError, invalidObject, StatusError } from '../../machinery/status-error.js'
import type { Ranges, Taken } from './taken.js'

const allocates = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)

const nodePorts = ({ ports = [] }: ServiceSpec): number[] => ports.flatMap(({ nodePort }) => nodePort || [])

async function take(service: Service, index: number, port: number, taken: Taken): Promise<void> {
  try {
    await taken.takePort(port)
  } catch (error) {
    throw invalidObject({ group: '', kind: 'Service' }, service.metadata.name ?? '', [
      invalid(`spec.ports[${index}].nodePort`, port, (error as Error).message),
    ])
  }
}

async function takeAny(taken: Taken): Promise<number> {
  try {
    return await taken.takeAnyPort()
  } catch (error) {
    throw internalError(`failed to allocate a nodePort: ${(error as Error).message}`)
  }
}

/** One port of the service in two protocols shares a node port, unless told otherwise. */
async function takeNodePorts(service: Service, taken: Taken): Promise<void> {
  const { spec } = service
  const byPort = new Map<number, number>()
  const named = (port: number) => spec.ports?.find(p => p.port === port && p.nodePort)?.nodePort
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort && !allocates(spec)) continue
    const shared = byPort.get(port.port)
    if (shared === undefined) {
      const wanted = named(port.port)
      if (wanted) await take(service, i, wanted, taken)
      port.nodePort = wanted ?? (await takeAny(taken))
      byPort.set(port.port, port.nodePort)
    } else if (!port.nodePort) port.nodePort = shared
    else if (port.nodePort !== shared) await take(service, i, port.nodePort, taken)
  }
}

async function takeHealthCheckPort({ spec }: Service, taken: Taken): Promise<void> {
  const wanted = spec.healthCheckNodePort
  try {
    if (wanted) await taken.takePort(wanted)
    else spec.healthCheckNodePort = await taken.takeAnyPort()
  } catch (error) {
    const why = (error as Error).message
    throw internalError(
      wanted
        ? `failed to allocate requested HealthCheck NodePort ${wanted}: ${why}`
        : `failed to allocate a HealthCheck NodePort 0: ${why}`,
    )
  }
}

export async function takePorts(service: Service, taken: Taken): Promise<void> {
  if (needsNodePort(service.spec)) await takeNodePorts(service, taken)
  if (needsHealthCheck(service.spec)) await takeHealthCheckPort(service, taken)
}

async function changeNodePorts(service: Service, old: Service, taken: Taken): Promise<void> {
  const { spec } = service
  const before = new Set(nodePorts(old.spec))
  const seen = new Set<number>()
  const uses = new Set<string>()
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort && !allocates(spec)) continue
    if (!port.nodePort) port.nodePort = await takeAny(taken)
    else if (!before.has(port.nodePort) && !seen.has(port.nodePort)) await take(service, i, port.nodePort, taken)
    seen.add(port.nodePort)
    ensureOnce(port, uses)
  }
  const after = new Set(nodePorts(spec))
  for (const port of before) if (!after.has(port)) taken.giveUpPort(port)
}

function ensureOnce({ protocol = 'TCP', nodePort }: ServicePort, uses: Set<string>): void {
  const use = `${protocol} ${nodePort}`
  if (uses.has(use)) throw new StatusError(500, '', `duplicate nodePort: {${use}}`)
  uses.add(use)
}

export async function changePorts(service: Service, old: Service, taken: Taken): Promise<void> {
  if (needsNodePort(service.spec)) await changeNodePorts(service, old, taken)
  else if (needsNodePort(old.spec)) for (const port of new Set(nodePorts(old.spec))) taken.giveUpPort(port)
  const [needed, needs] = [needsHealthCheck(old.spec), needsHealthCheck(service.spec)]
  if (!needed && needs) await takeHealthCheckPort(service, taken)
  if (needed && !needs && old.spec.healthCheckNodePort) taken.giveUpPort(old.spec.healthCheckNodePort)
}

/** All node ports of a stored service, its health check's included. */
export function ownedPorts({ spec }: Service): Set<number> {
  const health = needsHealthCheck(spec) ? (spec.healthCheckNodePort ?? 0) : 0
  return new Set([...nodePorts(spec), ...(health ? [health] : [])])
}

export async function releasePorts(service: Service, ranges: Ranges): Promise<void> {
  for (const port of ownedPorts(service)) await ranges.ports.release(port)
}
