/** Where requests for a service's port go: straight to its pods, followed through EndpointSlices. */
import { service as serviceKind } from '../../apis/core-v1/service.js'
import { endpointSlice } from '../../apis/discovery-v1/index.js'
import type { Service, ServicePort } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import { serviceOfSlice, slicesByService } from '../service-slices.js'
import type { ServicePortRef } from './http-rule.js'

export interface HttpEndpoint {
  host: string
  port: number
}

export interface HttpEndpoints {
  /** Whether they are spoken to over TLS. */
  isTls: boolean
  /** Whether they are spoken to over HTTP/2 in the clear. */
  isHttp2?: boolean
  endpoints: readonly HttpEndpoint[]
}

/** Said by the port's protocol, or where that is left open by its name. */
const speaksHttp2 = ({ appProtocol, name = '' }: ServicePort): boolean =>
  appProtocol === undefined ? /^grpc(-|$)/.test(name) : ['kubernetes.io/h2c', 'grpc'].includes(appProtocol)

/** Those that are ready; without any, those that still serve while they end. Undefined: there is no such port. */
export function planEndpoints(
  service: Service | undefined,
  slices: readonly EndpointSlice[],
  port: ServicePortRef['port'],
): HttpEndpoints | undefined {
  const found = service?.spec.ports?.find(own => (typeof port === 'number' ? own.port === port : own.name === port))
  if (service?.spec.type === 'ExternalName' && service.spec.externalName) {
    const number = found?.port ?? (typeof port === 'number' ? port : undefined)
    return number
      ? { isTls: number === 443, endpoints: [{ host: service.spec.externalName, port: number }] }
      : undefined
  }
  if (!found) return undefined
  const ready = new Map<string, HttpEndpoint>()
  const ending = new Map<string, HttpEndpoint>()
  for (const { addressType, ports, endpoints } of slices) {
    if (addressType === 'FQDN') continue
    const own = ports?.find(({ name = '', protocol = 'TCP' }) => name === (found.name ?? '') && protocol === 'TCP')
    if (!own?.port) continue
    for (const { addresses, conditions = {} } of endpoints ?? []) {
      const [host] = addresses
      if (!host) continue
      const list = conditions.ready !== false ? ready : conditions.serving === false ? undefined : ending
      list?.set(`${host} ${own.port}`, { host, port: own.port })
    }
  }
  const endpoints = [...(ready.size ? ready : ending).values()]
  return { isTls: found.appProtocol === 'https', ...(speaksHttp2(found) && { isHttp2: true }), endpoints }
}

/** What was found out about a service is kept until it or its endpoints change. */
export class ServiceEndpoints {
  readonly #services
  readonly #slices
  readonly #slicesOf
  readonly #known = new Map<string, Map<ServicePortRef['port'], HttpEndpoints | undefined>>()
  readonly #leave: (() => void)[]

  constructor(informers: InformerFactory) {
    this.#services = informers.informer(serviceKind)
    this.#slices = informers.informer(endpointSlice)
    this.#slicesOf = slicesByService(informers)
    const ofService = ({ metadata: { namespace, name } }: Service) => void this.#known.delete(`${namespace}/${name}`)
    const ofSlice = (slice: EndpointSlice, old?: EndpointSlice) => {
      this.#known.delete(`${slice.metadata.namespace}/${serviceOfSlice(slice)}`)
      if (old) ofSlice(old)
    }
    this.#leave = [
      this.#services.addHandler({ add: ofService, update: ofService, delete: ofService }),
      this.#slices.addHandler({ add: slice => ofSlice(slice), update: ofSlice, delete: slice => ofSlice(slice) }),
    ]
  }

  /** Resolves when all that is there is known. */
  async synced(): Promise<void> {
    await Promise.all([this.#services.synced, this.#slices.synced])
  }

  /** Undefined: there is no such service, or no such port of it. */
  of = ({ namespace, service: name, port }: ServicePortRef): HttpEndpoints | undefined => {
    const key = `${namespace}/${name}`
    let ports = this.#known.get(key)
    if (!ports) this.#known.set(key, (ports = new Map()))
    if (!ports.has(port))
      ports.set(port, planEndpoints(this.#services.get({ namespace, name }), this.#slicesOf(namespace, name), port))
    return ports.get(port)
  }

  stop(): void {
    for (const leave of this.#leave) leave()
  }
}
