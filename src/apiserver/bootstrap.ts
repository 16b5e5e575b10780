/** Sees to it, at each start, that the objects every cluster has are there. Writes run side by side and share their commits. */
import type { ConfigMap } from '../apis/generated/core-v1.js'
import type { ServiceCIDR } from '../apis/generated/networking-v1.js'
import { builtinKinds } from '../apis/index.js'
import { semanticEqual } from '../apis/validation/semantic-equal.js'
import { applyObject } from '../machinery/apply/apply-object.js'
import { type Clock, formatTime } from '../machinery/clock.js'
import { parseDay } from '../machinery/day.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { SchemaSet } from '../machinery/schema/types.js'
import { isReason } from '../machinery/status-error.js'
import type { Rest, Transform } from '../registry/rest.js'
import type { Logger } from '../telemetry/logger.js'
import type { RequestHeaderConfig } from './authn/configuration.js'
import { loopback } from './authn/user.js'
import {
  defaultClusterRoleBindings,
  defaultClusterRoles,
  defaultRoleBindings,
  defaultRoles,
} from './authz/policy/default-policy.js'
import { reconcileBinding, reconcileRole } from './authz/policy/reconcile.js'
import { rbacGroup } from './authz/rbac-types.js'
import {
  authenticationConfigMap,
  defaultServiceCidr,
  kubernetesEndpointSlice,
  kubernetesEndpoints,
  kubernetesService,
  namespaceObject,
  type ServerEndpoint,
  systemNamespaces,
  systemPriorityClasses,
  tokenTrackingConfigMap,
} from './bootstrap-objects.js'
import type { RestDirectory } from './deps.js'
import { automanagedLabel, localApiServices } from './local-api-services.js'
import { applyDefaults } from './verbs/decode-body.js'
import { mergeContextOf, trackOwnWrite } from './verbs/field-manager.js'

export interface BootstrapDeps {
  rests: RestDirectory
  schemas: SchemaSet
  log: Logger
  clock: Clock
  /** What aggregated servers are told about the proxies in front. */
  requestHeader?: RequestHeaderConfig
}

const scope = { user: loopback, dryRun: false, subresource: '' }

/** How the stored object should change; undefined: not at all. May set top-level fields of what it is given, and return it. */
type Reconcile = (stored: AnyObject, wanted: AnyObject) => AnyObject | undefined

const keep: Reconcile = () => undefined
/** Somebody who takes the label off takes the object over. */
const keepOwnSpec: Reconcile = (stored, { spec }) =>
  stored.metadata.labels?.[automanagedLabel] ? { ...stored, spec } : undefined
/** Takes the wanted fields of the top level over. */
const replace: Reconcile = (stored, { metadata: _, ...wanted }) => Object.assign(stored, wanted)

/** Most starts find all as it should be: then there is nothing to copy, check and compare as a write would. */
function isOutdated(stored: AnyObject, wanted: AnyObject, reconcile: Reconcile): boolean {
  const changed = reconcile({ ...stored }, wanted)
  return changed !== undefined && !semanticEqual(changed, stored)
}

async function ensure(
  { rest, object, reconcile }: { rest: Rest; object: AnyObject; reconcile: Reconcile },
  deps: Pick<BootstrapDeps, 'schemas' | 'clock'>,
): Promise<void> {
  const { namespace, name = '' } = object.metadata
  const key = { name, ...(namespace && { namespace }) }
  const { kind } = rest
  applyDefaults(deps.schemas, kind, object)
  const there = await rest.get(key).catch(error => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  if (!there) {
    trackOwnWrite(deps, { kind, live: undefined, object })
    await rest.create(namespace, object, scope).catch(async error => {
      // Another server of the cluster was faster, with the object or with what it needs, such as the address of a service.
      if (!isReason(error, 'AlreadyExists') && !(await rest.get(key).catch(() => undefined))) throw error
    })
  } else if (isOutdated(there.object, object, reconcile)) {
    const change: Transform = (current, live) => {
      const changed = reconcile(current!, object)
      if (changed) trackOwnWrite(deps, { kind, live, object: changed })
      return changed ?? current!
    }
    await rest.update(key, change, scope)
  }
}

type Wanted = readonly [
  group: string,
  version: string,
  resource: string,
  objects: Iterable<AnyObject>,
  reconcile: Reconcile,
]

interface ServerFacts {
  endpoint: ServerEndpoint
  clientCa: string
  requestHeader?: RequestHeaderConfig
}

function* wantedObjects(facts: ServerFacts, now: number): Generator<Wanted> {
  const asObjects = (list: Iterable<object>) => list as Iterable<AnyObject>
  yield* lastingObjects(facts, replace)
  yield tokenTracking(now)
  yield [rbacGroup, 'v1', 'clusterroles', asObjects(defaultClusterRoles()), reconcileRole]
  yield [rbacGroup, 'v1', 'clusterrolebindings', asObjects(defaultClusterRoleBindings()), reconcileBinding]
  yield [rbacGroup, 'v1', 'roles', asObjects(defaultRoles()), reconcileRole]
  yield [rbacGroup, 'v1', 'rolebindings', asObjects(defaultRoleBindings()), reconcileBinding]
  yield ['scheduling.k8s.io', 'v1', 'priorityclasses', systemPriorityClasses(), keep]
  yield ['apiregistration.k8s.io', 'v1', 'apiservices', asObjects(localApiServices(builtinKinds)), keepOwnSpec]
  yield ['networking.k8s.io', 'v1', 'servicecidrs', [defaultServiceCidr(facts.endpoint)], keep]
}

/** What must be there as long as the server runs, whoever takes it away. */
function* lastingObjects({ endpoint, clientCa, requestHeader }: ServerFacts, endpoints: Reconcile): Generator<Wanted> {
  yield ['', 'v1', 'namespaces', systemNamespaces.map(namespaceObject), keep]
  yield ['', 'v1', 'configmaps', [authenticationConfigMap(clientCa, requestHeader)], replace]
  yield ['', 'v1', 'services', [kubernetesService(endpoint)], keep]
  yield* endpointObjects(endpoint, endpoints)
}

function* endpointObjects(endpoint: ServerEndpoint, reconcile: Reconcile): Generator<Wanted> {
  yield ['', 'v1', 'endpoints', [kubernetesEndpoints(endpoint)], reconcile]
  yield ['discovery.k8s.io', 'v1', 'endpointslices', [kubernetesEndpointSlice(endpoint)], reconcile]
}

/** A day that somebody spoilt is set anew. */
const keepDay: Reconcile = (stored, wanted) => {
  const { data } = stored as ConfigMap
  return parseDay(data?.since) === undefined
    ? { ...stored, data: { ...data, ...(wanted as ConfigMap).data } }
    : undefined
}

const tokenTracking = (now: number): Wanted => ['', 'v1', 'configmaps', [tokenTrackingConfigMap(now)], keepDay]

const cidrManager = 'kubernetes-service-cidr-controller'

/** The default range is ready as soon as it is there; upstream's server says so itself, by an apply, whether controllers run or not. */
async function readyServiceCidr({
  rests,
  schemas,
  clock,
}: Pick<BootstrapDeps, 'rests' | 'schemas' | 'clock'>): Promise<void> {
  const key = { name: 'kubernetes' }
  const rest = rests.find('networking.k8s.io', 'v1', 'servicecidrs')
  const stored = await rest?.get(key)
  if (!rest || (stored?.object.status as ServiceCIDR['status'])?.conditions?.length) return
  const lastTransitionTime = formatTime(clock.now())
  const message = 'Kubernetes default Service CIDR is ready'
  const { apiVersion, kind } = rest.kind
  const status = { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime, message }] }
  const applied = { apiVersion, kind, metadata: { name: key.name }, status }
  const subresource = 'status'
  const mergeContext = mergeContextOf(schemas, rest.kind, subresource)
  const mark = { manager: cidrManager, subresource, time: lastTransitionTime }
  const change: Transform = current =>
    mergeContext
      ? applyObject(mergeContext, { live: current, applied, force: true, mark }).object
      : { ...current!, status }
  await rest.update(key, change, { ...scope, subresource })
}

type WriteDeps = Pick<BootstrapDeps, 'rests' | 'schemas' | 'log' | 'clock'>

async function writeAll(wanted: Iterable<Wanted>, { rests, schemas, log, clock }: WriteDeps): Promise<void> {
  const writes: Promise<void>[] = []
  for (const [group, version, resource, objects, reconcile] of wanted) {
    const rest = rests.find(group, version, resource)
    if (!rest) continue
    for (const object of objects) {
      const { name, namespace } = object.metadata
      const write = ensure({ rest, object, reconcile }, { schemas, clock }).catch(error => {
        log.warn({ resource, namespace, name, error: String(error) }, 'Cannot write an object of the system')
      })
      writes.push(write)
    }
  }
  await Promise.all(writes)
}

/** Tells pods, through the endpoints of the service `kubernetes`, where the server is. */
export const advertise = (endpoint: ServerEndpoint, deps: WriteDeps): Promise<void> =>
  writeAll(endpointObjects(endpoint, replace), deps)

/** Puts back what clients took away or spoilt; with `tracking` also since when the use of tokens is noted. */
export async function restore(facts: ServerFacts, deps: WriteDeps, { tracking }: { tracking: boolean }): Promise<void> {
  // Of several servers, some may not be ours: they find out by other means who is right about the addresses.
  await writeAll(lastingObjects(facts, facts.endpoint.serving ? keep : replace), deps)
  if (tracking) await writeAll([tokenTracking(deps.clock.now())], deps)
}

/** Resolves when all is written. One object that cannot be does not keep the others back: it is logged. */
export async function bootstrap(deps: BootstrapDeps, endpoint: ServerEndpoint, clientCa: string): Promise<void> {
  const { rests, schemas, log, clock, requestHeader } = deps
  await writeAll(wantedObjects({ endpoint, clientCa, ...(requestHeader && { requestHeader }) }, clock.now()), deps)
  await readyServiceCidr({ rests, schemas, clock }).catch(error => {
    log.warn({ error: String(error) }, 'Cannot write the status of the default ServiceCIDR')
  })
}
