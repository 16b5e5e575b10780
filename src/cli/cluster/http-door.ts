/** The ports of localhost at which Ingresses and Gateways are served, opened when one of them wants one. */
import type { AddressWorld } from '../../network/gateway/gateway-addresses.js'
import type { FrontDoor } from '../../network/http-router/front-door.js'
import type { ServiceEndpoints } from '../../network/http-router/service-endpoints.js'
import type { Configuration } from '../configuration.js'
import { ensurePki, pkiDirectory } from '../pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { serverHosts } from './control-plane.js'
import { gatewayAddresses } from './gateway-addresses.js'
import type { NetworkDeps } from './network-deps.js'

/** Where nothing is said: the usual ports, those that everybody may listen on, any. */
const plainPorts = [80, 8080, 0]
const tlsPorts = [443, 8443, 0]
const certificateDays = 365

/** Where the API server listens; localhost by both its addresses. */
const addressesOf = ({ bindAddress }: Configuration) =>
  bindAddress === '127.0.0.1' ? ['127.0.0.1', '::1'] : [bindAddress]

/** What is told: an address that one can connect to. */
const shownAddress = (bindAddress: string) =>
  bindAddress === '0.0.0.0' || bindAddress === '::' ? '127.0.0.1' : bindAddress

/** For hosts that no Ingress has a certificate for: made when the first port is opened, signed by the cluster's authority. */
async function certificateSource(config: Configuration) {
  const { issueCertificate } = await import('../../machinery/pki/certificates.js')
  const { ca } = await ensurePki({ directory: pkiDirectory(config), hosts: serverHosts(config), now: clock.now() })
  const hosts = ['localhost', '*.localhost', ...addressesOf(config)]
  const request = { commonName: 'minik8s-ingress', usage: 'server' as const, hosts, days: certificateDays }
  let pair: ReturnType<typeof issueCertificate> | undefined
  return () => (pair ??= issueCertificate(ca, { ...request, now: clock.now() }))
}

/** Where Ingresses and Gateways are served. */
export interface HttpDoor {
  door: FrontDoor
  endpoints: ServiceEndpoints
  /** The first is that of Ingresses. */
  addresses: AddressWorld
}

/** Loads what serves HTTP; nothing listens yet. */
export async function openDoor(
  config: Configuration,
  cluster: string,
  { informers, log }: NetworkDeps,
): Promise<HttpDoor> {
  const [{ FrontDoor }, { ServiceEndpoints }, defaultCertificate] = await Promise.all([
    import('../../network/http-router/front-door.js'),
    import('../../network/http-router/service-endpoints.js'),
    certificateSource(config),
  ])
  const endpoints = new ServiceEndpoints(informers)
  await endpoints.synced()
  const { ingressHttpPort: plain, ingressHttpsPort: tls } = config
  const candidates = new Map([
    [80, plain === undefined ? plainPorts : [plain]],
    [443, tls === undefined ? tlsPorts : [tls]],
  ])
  const deps = {
    clock,
    random,
    log: log.child({ component: 'ingress' }),
    endpointsOf: endpoints.of,
    defaultCertificate,
  }
  const door = new FrontDoor(deps, { addresses: addressesOf(config), candidates })
  return { door, endpoints, addresses: gatewayAddresses(shownAddress(config.bindAddress), cluster) }
}
