/** Which IPAddresses are not those of the cluster IPs that services have, and what is to become of them: pure. */
import type { Service } from '../../apis/generated/core-v1.js'
import type { IPAddress } from '../../apis/generated/networking-v1.js'
import { formatIp, parseIp } from '../../machinery/ip.js'
import { familyOf } from '../../machinery/ip-family.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { allocator, ipFamilyLabel, managedByLabel } from './address-objects.js'
import type { AllocationFinding } from './findings.js'
import { ownedIps } from './owned-ips.js'

export interface AddressState {
  services: readonly AnyObject[]
  /** IPAddresses, by name. */
  addresses: ReadonlyMap<string, AnyObject>
  /** Whether a ServiceCIDR holds the address. */
  isInRange(ip: string): boolean
  /** Milliseconds since the epoch. */
  now: number
  /** Nobody is creating a service: an address without one was left behind. */
  isQuiet: boolean
}

export interface AddressPlan {
  findings: AllocationFinding[]
  /** To be made that service's, anew where there is one. */
  assign: Map<string, AnyObject>
  /** To be deleted. */
  remove: string[]
  /** Milliseconds until an address that may be that of a service just being created is looked at again. */
  lookAgainIn?: number
}

/** How old an address without a service, and one that its service does not have, must be: upstream's figures, milliseconds. */
const orphanGrace = 60_000
const revertGrace = 5_000

const keyOf = ({ metadata }: AnyObject) => `${metadata.namespace}/${metadata.name}`
const parentOf = (address: AnyObject) => (address as unknown as IPAddress).spec?.parentRef
const isOfService = (address: AnyObject) => {
  const parent = parentOf(address)
  return !parent?.group && parent?.resource === 'services'
}
const parentKey = (address: AnyObject) => `${parentOf(address)?.namespace ?? ''}/${parentOf(address)?.name ?? ''}`
const createdAt = ({ metadata }: AnyObject) => Date.parse(metadata.creationTimestamp ?? '')
/** As Go prints it. */
function parentText(address: AnyObject): string {
  const { group = '', resource = '', namespace = '', name = '' } = parentOf(address) ?? {}
  return `&ParentReference{Group:${group},Resource:${resource},Namespace:${namespace},Name:${name},}`
}

const hasOwnLabels = ({ metadata: { name = '', labels } }: AnyObject) =>
  labels?.[managedByLabel] === allocator && labels[ipFamilyLabel] === familyOf(name)

class Planner {
  readonly plan: AddressPlan = { findings: [], assign: new Map(), remove: [] }
  readonly #services: ReadonlyMap<string, AnyObject>

  constructor(private readonly state: AddressState) {
    this.#services = new Map(state.services.map(service => [keyOf(service), service]))
  }

  #find(regarding: AnyObject, reason: string, action: string, note: string): void {
    this.plan.findings.push({ regarding, reason, action, note })
  }

  #ipsOf(key: string): readonly string[] {
    const service = this.#services.get(key) as unknown as Service | undefined
    return service?.spec.clusterIPs ?? []
  }

  checkService(service: AnyObject): void {
    for (const text of ownedIps(service as unknown as Service)) {
      const parsed = parseIp(text)
      if (!parsed) {
        const note = 'Cluster IP <nil> is not a valid IP; please recreate Service'
        this.#find(service, 'ClusterIPNotValid', 'ClusterIPValidation', note)
      } else this.#checkIp(service, formatIp(parsed))
    }
  }

  #checkIp(service: AnyObject, ip: string): void {
    const find = (reason: string, note: string) => this.#find(service, reason, 'ClusterIPAllocation', note)
    const repair = (note: string) => {
      find('ClusterIPNotAllocated', note)
      this.plan.assign.set(ip, service)
    }
    const family = familyOf(ip)
    const address = this.state.addresses.get(ip)
    const key = keyOf(service)
    const wrongReference = `the ClusterIP [${family}]: ${ip} for Service ${key} has a wrong reference; repairing`
    const shared = `Cluster IP [${family}]:${ip} was assigned to multiple services; please recreate service`
    if (!this.state.isInRange(ip)) {
      const note = `Cluster IP [${family}]: ${ip} is not within any configured Service CIDR; please recreate service`
      find('ClusterIPOutOfRange', note)
    } else if (this.plan.assign.has(ip)) find('ClusterIPAlreadyAllocated', shared)
    else if (!address) repair(`Cluster IP [${family}]: ${ip} is not allocated; repairing`)
    else if (!isOfService(address)) repair(wrongReference)
    else if (parentKey(address) !== key && !this.#services.has(parentKey(address))) repair(wrongReference)
    else {
      const isOthers = parentKey(address) !== key && this.#ipsOf(parentKey(address)).includes(ip)
      if (isOthers) find('ClusterIPAlreadyAllocated', shared)
      if (!hasOwnLabels(address)) this.plan.assign.set(ip, service)
    }
  }

  checkAddress(ip: string, address: AnyObject): void {
    if (address.metadata.labels?.[managedByLabel] !== allocator || this.plan.assign.has(ip)) return
    const age = this.state.now - createdAt(address)
    const service = this.#services.get(parentKey(address))
    if (!isOfService(address)) {
      const note = `IPAddress ${ip} appears to have been modified, not referencing a Service ${parentText(address)}: cleaning up`
      this.#remove(address, 'IPAddressNotAllocated', note)
    } else if (!service) {
      const note = `IPAddress: ${ip} for Service ${parentKey(address)} appears to have leaked: cleaning up`
      if (age <= orphanGrace && !this.state.isQuiet) this.#lookAgain(orphanGrace - age + 1)
      else this.#remove(address, 'IPAddressNotAllocated', note)
    } else if (!this.#ipsOf(parentKey(address)).includes(ip)) {
      const isNewer = createdAt(address) > createdAt(service)
      const note = `IPAddress: ${ip} for Service ${parentKey(address)} has a wrong reference; cleaning up`
      if (isNewer && age < revertGrace && !this.state.isQuiet) this.#lookAgain(revertGrace)
      else this.#remove(address, 'IPAddressWrongReference', note)
    }
  }

  #remove(address: AnyObject, reason: string, note: string): void {
    this.#find(address, reason, 'IPAddressAllocation', note)
    this.plan.remove.push(address.metadata.name ?? '')
  }

  #lookAgain(milliseconds: number): void {
    this.plan.lookAgainIn = Math.min(this.plan.lookAgainIn ?? milliseconds, milliseconds)
  }
}

export function planAddressRepair(state: AddressState): AddressPlan {
  const planner = new Planner(state)
  for (const service of state.services) planner.checkService(service)
  for (const [ip, address] of state.addresses) planner.checkAddress(ip, address)
  return planner.plan
}
