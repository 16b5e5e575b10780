/**
 * IPAddress objects: they show which service has which cluster IP. Upstream allocates by creating them; here they follow the
 * allocation a moment later, and what was missed is made good at the next start.
 */
import type { AnyObject } from '../../machinery/object-meta.js'
import type { Rest } from '../rest.js'
import { familyOf } from './service-families.js'

const managedBy = 'ipaddress.kubernetes.io/managed-by'
const allocator = 'ipallocator.k8s.io'
const scope = { user: { name: 'system:apiserver', groups: [] }, dryRun: false, subresource: '' }

const nothing = () => {}

type Owner = Pick<AnyObject, 'metadata'>

const record = (ip: string, { metadata: { namespace, name } }: Owner): AnyObject => ({
  kind: 'IPAddress',
  apiVersion: 'networking.k8s.io/v1',
  metadata: { name: ip, labels: { 'ipaddress.kubernetes.io/ip-family': familyOf(ip), [managedBy]: allocator } },
  spec: { parentRef: { resource: 'services', namespace, name } },
})

export class AddressRecords {
  /** The last write for each address: two for one address must not overtake each other. */
  readonly #pending = new Map<string, Promise<void>>()

  /** `rest` gives the store of IPAddresses, undefined where they are not served. */
  constructor(private readonly rest: () => Rest | undefined) {}

  /** Returns at once. */
  assign(ip: string, owner: Owner): void {
    this.#write(ip, rest => rest.create(undefined, record(ip, owner), scope))
  }

  /** Returns at once. */
  release(ip: string): void {
    this.#write(ip, rest => rest.delete({ name: ip }, {}, scope))
  }

  /** Makes the records those of the addresses that are in use, by owner. */
  async repair(inUse: ReadonlyMap<string, Owner>): Promise<void> {
    const known = (await this.rest()?.list(undefined, {}))?.items ?? []
    for (const { object } of known) {
      const { name = '', labels } = object.metadata
      if (labels?.[managedBy] === allocator && !inUse.has(name)) this.release(name)
    }
    const names = new Set(known.map(({ object }) => object.metadata.name))
    for (const [ip, owner] of inUse) if (!names.has(ip)) this.assign(ip, owner)
  }

  #write(ip: string, write: (rest: Rest) => Promise<unknown>): void {
    const rest = this.rest()
    if (!rest) return
    const done = (this.#pending.get(ip) ?? Promise.resolve())
      .then(() => write(rest))
      // Somebody else wrote it so, or the server ends: the next start looks again.
      .then(nothing, nothing)
      .finally(() => {
        if (this.#pending.get(ip) === done) this.#pending.delete(ip)
      })
    this.#pending.set(ip, done)
  }
}
