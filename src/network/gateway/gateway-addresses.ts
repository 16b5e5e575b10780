/** Which address each Gateway has: what it asks for where that can be, else one that no other Gateway has. Pure. */
import { isIP } from 'node:net'
import { addressesIn, isInRange } from '../address-range.js'
import type { Gateway } from './gateway-kinds.js'
import type { Flaw } from './plan-listeners.js'

export interface AddressWorld {
  /** Where the front door is by itself, beside Ingresses: the address of the first Gateway. */
  shared: string
  /** CIDR of those for the next ones; undefined where this machine has one address for all of them. */
  range?: string
  /** Whether this machine can listen there. */
  isUsable(address: string): boolean
}

export interface GatewayAddresses {
  addresses: readonly string[]
  /** Why the Gateway is not accepted. */
  refused?: Flaw
  /** What it asks for and does not get. */
  lacking?: Flaw
}

const keyOf = ({ metadata: { namespace, name } }: Gateway) => `${namespace}/${name}`
const ipAddress = 'IPAddress'

/** Those that have an address keep it; else the oldest comes first. */
function byClaim(a: Gateway, b: Gateway): number {
  const rank = ({ status, metadata: { creationTimestamp = '' } }: Gateway, key: string) =>
    `${status?.addresses?.length ? 0 : 1} ${creationTimestamp} ${key}`
  return rank(a, keyOf(a)) < rank(b, keyOf(b)) ? -1 : 1
}

class AddressPlan {
  readonly #holders = new Map<string, string>()

  constructor(private readonly world: AddressWorld) {}

  /** Undefined: another has it. */
  #take(address: string, gateway: Gateway): string | undefined {
    const { shared, range } = this.world
    if (!range && address === shared) return address
    if ((this.#holders.get(address) ?? keyOf(gateway)) !== keyOf(gateway)) return undefined
    this.#holders.set(address, keyOf(gateway))
    return address
  }

  /** Any: the one that it had, the one that all know, the next. */
  #takeAny(gateway: Gateway): string | Flaw {
    const { shared, range } = this.world
    const had = (gateway.status?.addresses ?? []).map(({ value }) => value)
    const own = had.filter(address => address === shared || (range && isInRange(address, range)))
    for (const address of [...own, shared, ...(range ? addressesIn(range) : [])])
      if (this.#take(address, gateway)) return address
    return { reason: 'AddressNotAssigned', message: 'No address is left for it' }
  }

  #takeGiven(address: string, gateway: Gateway): string | Flaw {
    const flaw = (message: string): Flaw => ({ reason: 'AddressNotUsable', message })
    if (!isIP(address) || !this.world.isUsable(address)) return flaw(`${address} is no address of this machine`)
    return this.#take(address, gateway) ?? flaw(`${address} is that of Gateway ${this.#holders.get(address)}`)
  }

  plan(gateway: Gateway): GatewayAddresses {
    const asked = gateway.spec.addresses?.length ? gateway.spec.addresses : [{}]
    const foreign = asked.find(({ type = ipAddress }) => type !== ipAddress)
    if (foreign)
      return {
        addresses: [],
        refused: { reason: 'UnsupportedAddress', message: `Addresses of type ${foreign.type} are not to be had here` },
      }
    const found = asked.map(({ value }) => (value ? this.#takeGiven(value, gateway) : this.#takeAny(gateway)))
    const lacking = found.find(one => typeof one !== 'string')
    const addresses = [...new Set(found.filter(one => typeof one === 'string'))]
    return { addresses, ...(lacking && { lacking }) }
  }
}

export function planAddresses(
  gateways: readonly Gateway[],
  world: AddressWorld,
): ReadonlyMap<Gateway, GatewayAddresses> {
  const plan = new AddressPlan(world)
  return new Map([...gateways].sort(byClaim).map(gateway => [gateway, plan.plan(gateway)]))
}
