/** Ingresses and Gateways on localhost: nothing runs before the first one is there. */
import { ingress as ingressKind } from '../../apis/networking-v1/index.js'
import type { Configuration } from '../configuration.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { startGateways } from './gateways.js'
import { type HttpDoor, openDoor } from './http-door.js'
import { administrator } from './identities.js'
import type { NetworkDeps } from './network-deps.js'

interface Running {
  stop(): Promise<void>
}

async function startController({ plane, informers, log: parent }: NetworkDeps, { door, addresses }: HttpDoor) {
  const [{ startIngressController }, { newEventRecorder }] = await Promise.all([
    import('../../network/ingress/ingress-controller.js'),
    import('../../client/event-recorder.js'),
  ])
  const log = parent.child({ component: 'ingress' })
  const client = plane.clientFor(administrator)
  const events = newEventRecorder({ client, clock, random, log, component: 'minik8s-ingress' })
  return startIngressController({ client, informers, events, clock, log, door, address: addresses.shared })
}

/** Watches for Ingresses and for definitions of Gateways; all else waits for the first. */
export function startIngress(config: Configuration, cluster: string, deps: NetworkDeps): Running {
  const { plane, informers, log } = deps
  let opened: Promise<HttpDoor> | undefined
  const open = () => (opened ??= openDoor(config, cluster, deps))
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
