/** Gateways and HTTPRoutes, while their definitions are installed: nothing of it is there before. */
import { customResourceDefinition } from '../../apis/apiextensions-v1/index.js'
import { service as serviceKind } from '../../apis/core-v1/service.js'
import type { CustomResourceDefinition } from '../../apis/generated/apiextensions-v1.js'
import type { GatewayDefinitions, RunningGateways } from '../../network/gateway/gateway-controller.js'
import { systemClock as clock } from '../system.js'
import type { HttpDoor } from './http-door.js'
import { administrator } from './identities.js'
import type { NetworkDeps } from './network-deps.js'

const needed = ['gatewayclasses', 'gateways', 'httproutes']
const optional = 'referencegrants'
const nameOf = (plural: string) => `${plural}.gateway.networking.k8s.io`
/** Older ones list plain names, or nothing. */
const listsFeatures = ({ spec }: CustomResourceDefinition) =>
  spec.versions.some(({ name, schema }) => {
    const items = schema?.openAPIV3Schema?.properties?.status?.properties?.supportedFeatures?.items
    return name === 'v1' && items !== undefined && !Array.isArray(items) && items.type === 'object'
  })
const isServed = ({ status }: CustomResourceDefinition) =>
  status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false

async function start(
  { plane, informers, log }: NetworkDeps,
  { door, endpoints, addresses }: HttpDoor,
  found: GatewayDefinitions,
) {
  const [{ startGatewayController }, { ensureGatewayClass }] = await Promise.all([
    import('../../network/gateway/gateway-controller.js'),
    import('../../network/gateway/gateway-class.js'),
  ])
  const client = plane.clientFor(administrator)
  await ensureGatewayClass(client)
  const hasPort = (port: Parameters<typeof endpoints.of>[0]) => endpoints.of(port) !== undefined
  const deps = { client, informers, clock, log: log.child({ component: 'gateway' }), door, addresses }
  const running: RunningGateways = startGatewayController({ ...deps, hasPort, definitions: found })
  const { again } = running
  const leave = informers.informer(serviceKind).addHandler({ add: again, update: again, delete: again })
  return {
    async stop() {
      leave()
      await running.stop()
      const kinds = await import('../../network/gateway/gateway-kinds.js')
      for (const kind of [kinds.gatewayClassKind, kinds.gatewayKind, kinds.httpRouteKind, kinds.referenceGrantKind])
        informers.drop(kind)
    },
  }
}

/** Watches for the definitions; all else waits for them. */
export function startGateways(deps: NetworkDeps, openDoor: () => Promise<HttpDoor>): { stop(): Promise<void> } {
  const definitions = deps.informers.informer(customResourceDefinition)
  let state: GatewayDefinitions | undefined
  let running: Promise<{ stop(): Promise<void> } | undefined> = Promise.resolve(undefined)
  const change = (next: GatewayDefinitions | undefined) => {
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    running = running
      .then(before => before?.stop())
      .then(async () => (next ? start(deps, await openDoor(), next) : undefined))
      .catch(error => void deps.log.error({ error: String(error) }, 'Gateways are not served'))
      .then(started => started ?? undefined)
  }
  const served = (plural: string) => {
    const found = definitions.get({ name: nameOf(plural) })
    return found && isServed(found) ? found : undefined
  }
  const look = () => {
    const [classes, ...others] = needed.map(served)
    const isWhole = classes && others.every(Boolean)
    const hasGrants = served(optional) !== undefined
    change(isWhole ? { hasGrants, listsFeatures: listsFeatures(classes) } : undefined)
  }
  const onDefinition = ({ metadata: { name = '' } }: CustomResourceDefinition) => {
    if ([...needed, optional].map(nameOf).includes(name)) look()
  }
  const leave = definitions.addHandler({ add: onDefinition, update: onDefinition, delete: onDefinition })
  return {
    async stop() {
      leave()
      await (await running)?.stop()
    },
  }
}
