/**
 * Services as chains of iptables: what `service-rules.ts` is for nftables.
 *
 * A packet to 10.96.0.10:53/udp goes `services` → the chain of 10.96.0.0/24 → the chain of the port, and there to a pod. Nothing is dropped in
 * the table `nat`: what finds no pod there comes to `refusals` as it was, and is dropped or refused there.
 */
import { joinHostPort } from '../../machinery/host-port.js'
import { bucketed, hashedChain, type Place } from '../packet-filter/iptables-names.js'
import type { IptablesChain, IptablesPart, SharedRule } from '../packet-filter/iptables-table.js'
import { hostBlock, iptablesWords } from '../packet-filter/iptables-words.js'
import { type Backend, isSameBackends } from './backends.js'
import type { RoutedPort, ServiceRoutes } from './service-ports.js'
import type { ProxyPlace } from './service-rules.js'

export interface IptablesPlace extends ProxyPlace {
  /** Of the names of all chains. */
  prefix: string
}

/** What packets of pods match, of which one is true; nothing where they cannot be told. */
function fromPods({ bridges, podSubnet }: Pick<ProxyPlace, 'bridges' | 'podSubnet'>): string[] {
  if (bridges.length > 0) return bridges.map(bridge => `-i ${bridge}`)
  return podSubnet ? [`-s ${podSubnet}`] : []
}

const isNew = '-m conntrack --ctstate NEW'
const translated = '-m conntrack --ctstate DNAT'
const toNode = '-m addrtype --dst-type LOCAL'

/** What stands there whatever services there are. */
export function iptablesFrame({ serviceSubnet, masquerade, prefix, ...place }: IptablesPlace): IptablesPart {
  const { loopback, portUnreachable } = iptablesWords[place.family]
  const ofPods = fromPods(place)
  const ofPodsOrAny = ofPods.length > 0 ? ofPods.map(match => `${match} `) : ['']
  const of = (name: string) => `${prefix}${name}`
  const nat = (rules: string[], hook?: string): IptablesChain => ({ table: 'nat', rules, ...(hook && { hook }) })
  const filter = (rules: string[], hook?: string): IptablesChain => ({ table: 'filter', rules, ...(hook && { hook }) })
  const checks = [`${isNew} -j ${of('firewall')}`, `${isNew} -j ${of('refusals')}`]
  const noService = `-d ${serviceSubnet} ${isNew} -j ${of('refuse')}`
  const standIn = masquerade ? [`-s ${masquerade} -d ${masquerade} ${translated} -j MASQUERADE`] : []
  const chains = {
    pre: nat([...ofPodsOrAny.map(match => `${match}-j ${of('services')}`), `-j ${of('outside')}`], 'PREROUTING'),
    out: nat([`-j ${of('services')}`, `-j ${of('outside')}`], 'OUTPUT'),
    post: nat([`${translated} -j ${of('hairpin')}`, ...standIn], 'POSTROUTING'),
    services: nat([]),
    outside: nat([`-j ${of('externals')}`, `! -d ${loopback} ${toNode} -j ${of('nodeports')}`]),
    externals: nat([]),
    nodeports: nat([]),
    hairpin: nat([]),
    forward: filter(
      [`-j ${of('policies')}`, ...checks, ...ofPodsOrAny.map(match => `${match}${noService}`)],
      'FORWARD',
    ),
    input: filter(checks, 'INPUT'),
    output: filter([...checks, noService], 'OUTPUT'),
    policies: filter([]),
    firewall: filter([]),
    refusals: filter([`${toNode} -j ${of('closed-ports')}`]),
    'closed-ports': filter([]),
    refuse: filter(['-p tcp -j REJECT --reject-with tcp-reset', `-j REJECT --reject-with ${portUnreachable}`]),
  }
  return { chains: Object.fromEntries(Object.entries(chains).map(([name, chain]) => [of(name), chain])) }
}

/** The rules of one port. */
class PortRules {
  readonly chains: Record<string, IptablesChain> = {}
  readonly shared: SharedRule[] = []
  readonly #match: string

  constructor(
    private readonly port: RoutedPort,
    private readonly prefix: string,
  ) {
    this.#match = `-p ${port.protocol} -m ${port.protocol} --dport`
  }

  #name(role: string): string {
    return hashedChain(this.prefix, `${this.port.id}/${this.port.protocol} ${role}`)
  }

  /** A chain that picks one of the backends, each as often; the first rules come before. Answers its name. */
  add(role: string, backends: readonly Backend[], first: readonly string[] = []): string {
    const name = this.#name(role)
    this.chains[name] = { table: 'nat', rules: [...first, ...this.#picks(backends)] }
    return name
  }

  #picks(backends: readonly Backend[]): string[] {
    const { affinitySeconds, protocol } = this.port
    const ends = backends.map(backend => (affinitySeconds ? `-j ${this.#sticky(backend)}` : this.#dnat(backend)))
    const stays = affinitySeconds
      ? backends.map(backend => {
          const chain = this.#sticky(backend)
          return `-m recent --name ${chain} --rcheck --seconds ${affinitySeconds} --reap --rsource -j ${chain}`
        })
      : []
    const picks = ends.map((end, i) => {
      const left = ends.length - i
      return left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(10)} ${end}` : end
    })
    return [...stays, ...picks].map(rule => `-p ${protocol} ${rule}`)
  }

  #dnat({ ip, port }: Backend): string {
    return `-j DNAT --to-destination ${joinHostPort(ip, port)}`
  }

  /** A chain that remembers its clients, in a list of its name. */
  #sticky(backend: Backend): string {
    const { affinitySeconds, protocol } = this.port
    const name = this.#name(`${backend.ip}:${backend.port} ${affinitySeconds}`)
    const rule = `-p ${protocol} -m recent --name ${name} --set --rsource ${this.#dnat(backend)}`
    this.chains[name] ??= { table: 'nat', rules: [rule] }
    return name
  }

  /** Packets to the port of one of the addresses. */
  at({ table, chain }: Omit<Place, 'side'>, ips: readonly string[], end: string): void {
    const place: Place = { table, chain: `${this.prefix}${chain}`, side: '-d' }
    const rule = `${this.#match} ${this.port.port} -m comment --comment "${this.port.id}" ${end}`
    for (const ip of ips) this.shared.push(...bucketed(place, ip, rule))
  }

  atNode({ table, chain }: Omit<Place, 'side'>, end: string): void {
    const { nodePort, id } = this.port
    const rule = `${this.#match} ${nodePort} -m comment --comment "${id}" ${end}`
    if (nodePort) this.shared.push({ table, chain: `${this.prefix}${chain}`, rule })
  }

  /** Only these clients reach the addresses of the load balancer. */
  wallOff(): void {
    const { sourceRanges, balancerIps, protocol, port } = this.port
    const name = this.#name('firewall')
    const rules = [...new Set(sourceRanges)].map(range => `-s ${range} -j RETURN`)
    this.chains[name] = { table: 'filter', rules: [...rules, '-j DROP'] }
    for (const ip of balancerIps) {
      const rule = `-p ${protocol} -m conntrack --ctorigdst ${ip} --ctorigdstport ${port} -j ${name}`
      this.shared.push({ table: 'filter', chain: `${this.prefix}firewall`, rule })
    }
  }

  /** A pod that calls itself through a service would not know the answer: it comes from itself. */
  hairpins(): void {
    const place: Place = { table: 'nat', chain: `${this.prefix}hairpin`, side: '-s' }
    const ips = new Set([...this.port.backends, ...this.port.cluster].map(({ ip }) => ip))
    for (const ip of ips) this.shared.push(...bucketed(place, ip, `-d ${hostBlock(ip)} -j MASQUERADE`))
  }
}

/** From within the cluster, policies of outside traffic do not count. */
function externalChain(
  port: RoutedPort,
  rules: PortRules,
  { ofPods, internal }: { ofPods: readonly string[]; internal: string },
) {
  const plain = port.byNode.size === 0 && isSameBackends(port.backends, port.cluster)
  if (plain && isSameBackends(port.external, port.cluster)) return internal
  const all = plain ? internal : rules.add('all', port.cluster)
  if (isSameBackends(port.external, port.cluster)) return all
  const inside = [...ofPods, '-m addrtype --src-type LOCAL']
  const first = inside.map(match => `${match} -g ${all}`)
  return rules.add('ext', port.external, first)
}

/** Addresses of the pods of a node. */
export type PodsOn = (node: string) => Iterable<string>

function route(port: RoutedPort, rules: PortRules, { podsOn, ...place }: IptablesPlace & { podsOn: PodsOn }): void {
  const first = [...port.byNode].flatMap(([node, backends], i) => {
    const own = rules.add(`node ${i}`, backends)
    return [...podsOn(node)].map(ip => `-s ${hostBlock(ip)} -g ${own}`)
  })
  const internal = rules.add('svc', port.backends, first)
  rules.at({ table: 'nat', chain: 'services' }, port.clusterIps, `-g ${internal}`)
  if (!port.backends.length || [...port.byNode.values()].some(backends => !backends.length))
    rules.at({ table: 'filter', chain: 'refusals' }, port.clusterIps, '-j DROP')
  rules.hairpins()
  if (!port.externalIps.length && !port.nodePort) return
  const external = externalChain(port, rules, { ofPods: fromPods(place), internal })
  rules.at({ table: 'nat', chain: 'externals' }, port.externalIps, `-g ${external}`)
  rules.atNode({ table: 'nat', chain: 'nodeports' }, `-g ${external}`)
  if (port.external.length) return
  rules.at({ table: 'filter', chain: 'refusals' }, port.externalIps, '-j DROP')
  // Those of localhost have come to a forwarder of this process.
  rules.atNode({ table: 'filter', chain: 'closed-ports' }, `! -d ${iptablesWords[place.family].loopback} -j DROP`)
}

function rulesOf(port: RoutedPort, place: IptablesPlace, podsOn: PodsOn): PortRules {
  const { prefix } = place
  const rules = new PortRules(port, prefix)
  if (port.sourceRanges.length) rules.wallOff()
  if (port.hasEndpoints) route(port, rules, { ...place, podsOn })
  else {
    const all = [...new Set([...port.clusterIps, ...port.externalIps])]
    rules.at({ table: 'filter', chain: 'refusals' }, all, `-j ${prefix}refuse`)
    rules.atNode({ table: 'filter', chain: 'closed-ports' }, `-j ${prefix}refuse`)
  }
  return rules
}

/** What one service wants. */
export function iptablesRules({ ports }: ServiceRoutes, place: IptablesPlace, podsOn: PodsOn): IptablesPart {
  const parts = ports.map(port => rulesOf(port, place, podsOn))
  return {
    chains: Object.assign({}, ...parts.map(({ chains }) => chains)),
    shared: parts.flatMap(({ shared }) => shared),
  }
}
