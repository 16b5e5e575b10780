/** Finds devices for claims on a node: all requests of all claims, tried one after the other until everything fits. Source: upstream's allocator. */
import type { Node } from '../../apis/generated/core-v1.js'
import type {
  AllocationResult,
  DeviceAttribute,
  DeviceClass,
  DeviceConstraint,
  ResourceClaim,
  ResourceSlice,
} from '../../apis/generated/resource-v1.js'
import { type PooledDevice, poolsFor } from './pools.js'
import { type Alternative, alternativesOf, maxResults } from './requests.js'
import { type Picked, resultOf } from './result.js'

export interface Inventory {
  slices: Iterable<ResourceSlice>
  deviceClass(name: string): DeviceClass | undefined
  /** Ids of devices that other claims have. */
  taken: ReadonlySet<string>
}

/** By its full name, or by the short one where the driver is its domain. */
function attributeOf({ device, slice }: PooledDevice, name: string): DeviceAttribute | undefined {
  const { attributes = {} } = device
  const [domain, id = ''] = name.split('/')
  return attributes[name] ?? (domain === slice.spec.driver ? attributes[id] : undefined)
}

/** All devices of these requests must agree on the attribute. */
function isMet({ requests, matchAttribute = '' }: DeviceConstraint, picked: readonly Picked[]): boolean {
  const concerned = picked.filter(
    ({ alternative: { name, request } }) => !requests?.length || requests.includes(request) || requests.includes(name),
  )
  const values = concerned.map(({ device }) => attributeOf(device, matchAttribute))
  return values.every(value => value && JSON.stringify(value) === JSON.stringify(values[0]))
}

interface Request {
  claim: number
  alternatives: readonly Alternative[]
}

/** Undefined when it cannot be done there. Throws when a claim or a class is at fault. */
export function allocate(
  claims: readonly ResourceClaim[],
  node: Node,
  { slices, deviceClass, taken }: Inventory,
): AllocationResult[] | undefined {
  const pools = poolsFor(node, slices)
  const unsound = pools.find(({ problem }) => problem)
  const requests: Request[] = claims.flatMap((claim, i) =>
    (claim.spec.devices?.requests ?? []).map(request => ({
      claim: i,
      alternatives: alternativesOf(request, { claim, pools, deviceClass }),
    })),
  )
  const search = new Search(claims, requests, taken)
  if (!search.from(0)) {
    if (unsound) throw new Error(`pool ${unsound.name} is invalid: ${unsound.problem}`)
    return undefined
  }
  return claims.map((claim, i) => resultOf(claim, search.picked[i] ?? []))
}

/** Goes deeper by one device at a time, and takes it back where that leads nowhere. */
class Search {
  /** By claim. */
  readonly picked: Picked[][]

  constructor(
    private readonly claims: readonly ResourceClaim[],
    private readonly requests: readonly Request[],
    private readonly taken: ReadonlySet<string>,
  ) {
    this.picked = claims.map(() => [])
  }

  /** This request and all after it. */
  from(index: number): boolean {
    const request = this.requests[index]
    if (!request) return true
    return request.alternatives.some(
      alternative => alternative.count > 0 && this.pick(index, { alternative, left: alternative.count, start: 0 }),
    )
  }

  /** `start`: of the candidates those before it were tried. */
  private pick(index: number, at: { alternative: Alternative; left: number; start: number }): boolean {
    const { alternative, left, start } = at
    if (!left) return this.from(index + 1)
    const { claim } = this.requests[index] as Request
    const picked = this.picked[claim] as Picked[]
    if (picked.length + left > maxResults) return false
    for (let i = start; i <= alternative.candidates.length - left; i++) {
      const device = alternative.candidates[i] as PooledDevice
      if (this.isFree(device, alternative, picked) && alternative.selects(device)) {
        picked.push({ alternative, device })
        const constraints = this.claims[claim]?.spec.devices?.constraints ?? []
        const fits = constraints.every(constraint => isMet(constraint, picked))
        if (fits && this.pick(index, { alternative, left: left - 1, start: i + 1 })) return true
        picked.pop()
      }
      // Of all devices none may be left out.
      if (alternative.all) return false
    }
    return false
  }

  /** Administrators look at devices that others use. */
  private isFree({ id }: PooledDevice, { adminAccess }: Alternative, own: readonly Picked[]): boolean {
    const has = (picked: readonly Picked[]) => picked.some(({ device }) => device.id === id)
    return adminAccess ? !has(own) : !this.taken.has(id) && !this.picked.some(has)
  }
}
