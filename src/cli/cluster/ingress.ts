/** Ingresses and Gateways on localhost: nothing runs before the first one is there. */
import { ingress as ingressKind } from '../../apis/networking-v1/index.js'
import type { FrontDoor } from '../../network/http-router/front-door.js'
import type { ServiceEndpoints } from '../../network/http-router/service-endpoints.js'
import type { Configuration } from '../configuration.js'
import { ensurePki, pkiDirectory } from '../pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { serverHosts } from './control-plane.js'
import { startGateways } from './gateways.js'
import { administrator } from './identities.js'
import type { NetworkDeps } from './network.js'

interface Running {
  stop(): Promise<void>
}

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
  /** What is told of it. */
  address: string
}

async function openDoor(config: Configuration, { informers, log }: NetworkDeps): Promise<HttpDoor> {
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
  return { door, endpoints, address: shownAddress(config.bindAddress) }
}

async function startController({ plane, informers, log: parent }: NetworkDeps, { door, address }: HttpDoor) {
  const [{ startIngressController }, { newEventRecorder }] = await Promise.all([
    import('../../network/ingress/ingress-controller.js'),
    import('../../client/event-recorder.js'),
  ])
  const log = parent.child({ component: 'ingress' })
  const client = plane.clientFor(administrator)
  const events = newEventRecorder({ client, clock, random, log, component: 'minik8s-ingress' })
  return startIngressController({ client, informers, events, clock, log, door, address })
}

/** Watches for Ingresses and for definitions of Gateways; all else waits for the first. */
export function startIngress(config: Configuration, deps: NetworkDeps): Running {
  const { plane, informers, log } = deps
  let opened: Promise<HttpDoor> | undefined
  const open = () => (opened ??= openDoor(config, deps))
  let controller: Promise<Running | undefined> | undefined
  const failed = (error: unknown) => void log.error({ error: String(error) }, 'Ingresses are not served')
  // Nothing waits for it.
  import('../../network/ingress/ingress-class.js')
    .then(({ ensureIngressClass }) => ensureIngressClass(plane.clientFor(administrator)))
    .catch(failed)
  const leave = informers.informer(ingressKind).addHandler({
    add() {
      controller ??= open()
        .then(door => startController(deps, door))
        .catch(failed as () => undefined)
    },
  })
  const gateways = startGateways(deps, open)
  return {
    async stop() {
      leave()
      await Promise.all([gateways.stop(), controller?.then(running => running?.stop())])
      const door = await opened?.catch(() => undefined)
      await door?.door.stop()
      door?.endpoints.stop()
    },
  }
}
