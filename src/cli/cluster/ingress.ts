/** Ingresses on localhost: nothing runs before the first one is there. */
import { ingress as ingressKind } from '../../apis/networking-v1/index.js'
import type { Configuration } from '../configuration.js'
import { ensurePki, pkiDirectory } from '../pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { serverHosts } from './control-plane.js'
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

async function openDoor(config: Configuration, informers: NetworkDeps['informers'], log: NetworkDeps['log']) {
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
  const deps = { clock, random, log, endpointsOf: endpoints.of, defaultCertificate }
  const door = new FrontDoor(deps, { addresses: addressesOf(config), candidates })
  return { door, endpoints }
}

async function open(config: Configuration, { plane, informers, log: parent }: NetworkDeps): Promise<Running> {
  const log = parent.child({ component: 'ingress' })
  const [{ startIngressController }, { newEventRecorder }, { door, endpoints }] = await Promise.all([
    import('../../network/ingress/ingress-controller.js'),
    import('../../client/event-recorder.js'),
    openDoor(config, informers, log),
  ])
  const client = plane.clientFor(administrator)
  const events = newEventRecorder({ client, clock, random, log, component: 'minik8s-ingress' })
  const address = shownAddress(config.bindAddress)
  const controller = startIngressController({ client, informers, events, clock, log, door, address })
  return {
    async stop() {
      await controller.stop()
      await door.stop()
      endpoints.stop()
    },
  }
}

/** Watches for Ingresses; all else waits for the first. */
export function startIngress(config: Configuration, deps: NetworkDeps): Running {
  const { plane, informers, log } = deps
  let running: Promise<Running | undefined> | undefined
  const failed = (error: unknown) => void log.error({ error: String(error) }, 'Ingresses are not served')
  // Nothing waits for it.
  import('../../network/ingress/ingress-class.js')
    .then(({ ensureIngressClass }) => ensureIngressClass(plane.clientFor(administrator)))
    .catch(failed)
  const leave = informers.informer(ingressKind).addHandler({
    add() {
      running ??= open(config, deps).catch(failed as () => undefined)
    },
  })
  return {
    async stop() {
      leave()
      await (await running)?.stop()
    },
  }
}
