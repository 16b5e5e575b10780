/** ServiceCIDR controller: says that ranges of cluster IPs are ready, and keeps one while it alone holds addresses that are taken. */
import type { IPAddress, ServiceCIDR } from '../../apis/generated/networking-v1.js'
import { ipAddress, serviceCidr } from '../../apis/networking-v1/index.js'
import { formatTime } from '../../machinery/clock.js'
import { cidrContains, type Ip, parseCidr, parseIp } from '../../machinery/ip.js'
import type { Cache } from '../runtime/cache.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'

const finalizer = 'networking.k8s.io/service-cidr-finalizer'
/** Allocators may go on taking addresses until they have heard of the deletion. */
const deletionGraceMs = 10_000
const managedBy = 'ipaddress.kubernetes.io/managed-by'

const cidrsOf = ({ spec }: ServiceCIDR) => (spec?.cidrs ?? []).flatMap(text => parseCidr(text) ?? [])
const holds = (range: ServiceCIDR, ip: Ip) => cidrsOf(range).some(cidr => cidrContains(cidr, ip))

/** Other ranges hold all of it, or nothing is taken that only it holds. */
function isFree(range: ServiceCIDR, cache: Cache): boolean {
  const others = cache.list(serviceCidr).filter(other => other.metadata.name !== range.metadata.name)
  const contained = cidrsOf(range).every(cidr =>
    others.some(other =>
      cidrsOf(other).some(wider => wider.prefixLength <= cidr.prefixLength && cidrContains(wider, cidr.ip)),
    ),
  )
  if (contained) return true
  return !cache.list(ipAddress).some(({ metadata }: IPAddress) => {
    const ip = metadata.labels?.[managedBy] === 'ipallocator.k8s.io' && parseIp(metadata.name ?? '')
    return ip && holds(range, ip) && !others.some(other => holds(other, ip))
  })
}

interface Readiness {
  status: 'True' | 'False'
  reason: string
  message: string
}

const ready: Readiness = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }
const blocked: Readiness = {
  status: 'False',
  reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
}

async function report(range: ServiceCIDR, wanted: Readiness, { client, clock }: ReconcileContext): Promise<void> {
  const conditions = range.status?.conditions ?? []
  const current = conditions.find(condition => condition.type === 'Ready')
  if (current?.status === wanted.status) return
  const condition = { type: 'Ready', ...wanted, lastTransitionTime: formatTime(clock.now()) }
  const status = { conditions: [...conditions.filter(other => other !== current), condition] }
  await client.updateStatus(serviceCidr, { ...range, status })
}

async function finish(range: ServiceCIDR, context: ReconcileContext): Promise<Result> {
  const { cache, client, clock } = context
  const { metadata } = range
  if (!isFree(range, cache)) {
    await report(range, blocked, context)
    return done
  }
  const left = deletionGraceMs - (clock.now() - Date.parse(metadata.deletionTimestamp ?? ''))
  if (left > 0) return requeueAfter(left)
  const finalizers = metadata.finalizers?.filter(name => name !== finalizer)
  if (finalizers?.length !== metadata.finalizers?.length)
    await client.update(serviceCidr, { ...range, metadata: { ...metadata, finalizers } })
  return done
}

const allNames = (cache: Cache): string[] => cache.list(serviceCidr).map(({ metadata }) => metadata.name ?? '')

export const serviceCidrController = defineController<ServiceCIDR>({
  name: 'servicecidrs',
  serviceAccount: 'service-cidrs-controller',
  component: 'service-cidr-controller',
  for: serviceCidr,
  watches: [
    // What may keep a range from going: an address in it, or the want of another range around it.
    { kind: ipAddress, keys: (_, cache, { type }) => (type === 'delete' ? allNames(cache) : []) },
    { kind: serviceCidr, keys: (_, cache, { type }) => (type === 'update' ? [] : allNames(cache)) },
  ],

  async reconcile(range, context) {
    const { metadata } = range
    if (metadata.deletionTimestamp) return finish(range, context)
    if (!metadata.finalizers?.includes(finalizer)) {
      const finalizers = [...(metadata.finalizers ?? []), finalizer]
      await context.client.update(serviceCidr, { ...range, metadata: { ...metadata, finalizers } })
      // The change wakes us again.
      return done
    }
    await report(range, ready, context)
    return done
  },
})
