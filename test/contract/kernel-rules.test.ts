/** What rules of services and policies do to packets, whatever program sets them: nft, and iptables on either of its foundations. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Namespace, Pod } from '../../src/apis/generated/core-v1.js'
import type { NetworkPolicy, NetworkPolicySpec } from '../../src/apis/generated/networking-v1.js'
import type { InformerFactory } from '../../src/client/informer-factory.js'
import { readIpv6Addresses } from '../../src/kubelet/network/ipv6-addresses.js'
import { FakeClock } from '../../src/machinery/fake-clock.js'
import type { IpFamily } from '../../src/machinery/ip-family.js'
import { newIptables } from '../../src/network/packet-filter/iptables.js'
import { IptablesTable } from '../../src/network/packet-filter/iptables-table.js'
import { iptablesWords } from '../../src/network/packet-filter/iptables-words.js'
import { newNft } from '../../src/network/packet-filter/nft.js'
import { NftTable } from '../../src/network/packet-filter/nft-table.js'
import { startTableKeeper, type TableKeeper } from '../../src/network/packet-filter/table-keeper.js'
import { planIptablesPolicies } from '../../src/network/policy/iptables-policies.js'
import type { PolicyInput } from '../../src/network/policy/policy-peers.js'
import { planPolicies } from '../../src/network/policy/policy-rules.js'
import { newIptablesProxy } from '../../src/network/proxy/iptables-proxy.js'
import type { RoutedPort } from '../../src/network/proxy/service-ports.js'
import { newServiceProxy } from '../../src/network/proxy/service-proxy.js'
import type { RouteCarrier } from '../../src/network/proxy/service-routes.js'
import { routedPort, routesOf } from '../../src/network/proxy/testing/routed-port.js'
import type { RunProgram } from '../../src/network/run-program.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import {
  bridge,
  type LabAddresses,
  type LabPod,
  labAddresses,
  NetworkLab,
  type Probe,
  serverPort,
} from './network-lab.js'

const prefix = 'mk8s-0123456789-'
const nodes = ['node-1', 'node-2']
const pod = (name: LabPod): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name, labels: { app: name } },
  spec: { nodeName: 'node-1', containers: [{ name: 'c', ports: [{ name: 'web', containerPort: serverPort }] }] },
  status: {
    podIP: labAddresses.IPv4.pods[name],
    podIPs: Object.values(labAddresses).map(({ pods }) => ({ ip: pods[name] })),
    phase: 'Running',
  },
})
const everyPod = [pod('a'), pod('b'), pod('c')]
/** Says of each pod once that it is there. */
const informers = {
  informer: () => ({
    addHandler({ add }: { add(pod: Pod): void }) {
      for (const one of everyPod) add(one)
      return () => {}
    },
  }),
} as unknown as InformerFactory

interface Mode {
  carrier: RouteCarrier
  /** Changes rules as somebody else would. */
  spoil: readonly [string, string[]]
  setPolicies(policies: readonly NetworkPolicy[]): Promise<void>
  stop(): Promise<void>
}
const placeIn = ({ family, serviceSubnet }: LabAddresses) => ({ family, bridges: [bridge], serviceSubnet, nodes })
const clock = new FakeClock(0)

function policySetter<Part>(
  table: TableKeeper<Part>,
  family: IpFamily,
  plan: (input: PolicyInput) => Map<string, Part>,
) {
  let owners: string[] = []
  const namespaces: Namespace[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, spec: {}, status: {} },
  ]
  return async (policies: readonly NetworkPolicy[]) => {
    for (const owner of owners) table.set(owner)
    const parts = plan({ family, policies, pods: everyPod, namespaces })
    for (const [owner, part] of parts) table.set(owner, part)
    owners = [...parts.keys()]
    await table.flush()
  }
}

function nftMode(run: RunProgram, addresses: LabAddresses): Mode {
  const { family } = addresses
  const filter = newNft({ run, directory: tmpdir() }, family)
  const table = startTableKeeper({ filter, clock, log: silentLogger }, new NftTable('minik8s-lab', family))
  return {
    carrier: newServiceProxy({ informers, table }, placeIn(addresses)),
    spoil: ['nft', ['flush', 'table', family === 'IPv6' ? 'ip6' : 'ip', 'minik8s-lab']],
    setPolicies: policySetter(table, family, planPolicies),
    stop: () => table.stop(),
  }
}

function iptablesMode(run: RunProgram, addresses: LabAddresses): Mode {
  const { family } = addresses
  const filter = newIptables({ run, directory: tmpdir() }, { family, bridges: [bridge] })
  const table = startTableKeeper({ filter, clock, log: silentLogger }, new IptablesTable(prefix))
  return {
    carrier: newIptablesProxy({ informers, table }, { ...placeIn(addresses), prefix }),
    spoil: [iptablesWords[family].program, ['-t', 'nat', '-F', 'PREROUTING']],
    setPolicies: policySetter(table, family, input => planIptablesPolicies(input, prefix)),
    stop: () => table.stop(),
  }
}

/** Names without more are those of the programs on old tables. */
const legacy = mkdtempSync(join(tmpdir(), 'minik8s-legacy-'))
for (const { program } of Object.values(iptablesWords))
  for (const end of ['', '-save', '-restore'])
    symlinkSync(`/usr/sbin/${program}-legacy${end}`, join(legacy, `${program}${end}`))
afterAll(() => rmSync(legacy, { recursive: true, force: true }))
const withLegacy =
  (run: RunProgram): RunProgram =>
  (program, args) =>
    run('env', [`PATH=${legacy}:${process.env.PATH}`, program, ...args])

const hasIpv6 = (await readIpv6Addresses()).length > 0
const has = (program: string) => existsSync(`/usr/sbin/${program}`)
const isPossible =
  process.getuid?.() === 0 && spawnSync('unshare', ['--net', 'nft', 'list', 'tables']).status === 0 && has('iptables')

function servicesOf({ pods, serviceIp, balancerIp, nobody, onlyOutside }: LabAddresses) {
  const [a, b] = [pods.a, pods.b].map(ip => ({ ip, port: serverPort }))
  const at = (last: number, rest: Partial<RoutedPort>) =>
    routedPort({ id: `shop/s-${last}:http`, clusterIps: [serviceIp(last)], backends: [a!, b!], ...rest })
  const balancer = (last: number, range: string) =>
    at(last, { externalIps: [balancerIp(last)], balancerIps: [balancerIp(last)], sourceRanges: [range] })
  return {
    plain: [at(1, { nodePort: 30001, externalIps: [balancerIp(1)] }), at(1, { protocol: 'udp', nodePort: 30001 })],
    empty: [at(2, { backends: [], nodePort: 30002, externalIps: [balancerIp(2)] })],
    sticky: [at(3, { affinitySeconds: 60 })],
    self: [at(4, { backends: [a!] })],
    'not outside': [at(5, { external: [], nodePort: 30005 })],
    walled: [balancer(6, nobody)],
    open: [balancer(7, onlyOutside)],
    'of the node': [at(8, { byNode: new Map([['node-1', [b!]]]) })],
    'not of the node': [at(9, { byNode: new Map([['node-1', []]]) })],
    'self, later': [at(4, { backends: [b!] })],
  }
}

const often = (probe: Probe) => Array<Probe>(16).fill(probe)
const sorted = (answers: readonly string[]) => [...new Set(answers)].sort().join()

const when = isPossible ? describe : describe.skip
type Row = [string, IpFamily, (run: RunProgram, addresses: LabAddresses) => Mode, (run: RunProgram) => RunProgram]
const rows: Row[] = [
  ['nft', 'IPv4', nftMode, run => run],
  ...(hasIpv6 ? [['nft', 'IPv6', nftMode, run => run] satisfies Row] : []),
  ['iptables', 'IPv4', iptablesMode, run => run],
  ...(hasIpv6 && has('ip6tables') ? [['iptables', 'IPv6', iptablesMode, run => run] satisfies Row] : []),
  ...(has('iptables-legacy') ? [['iptables, legacy', 'IPv4', iptablesMode, withLegacy] satisfies Row] : []),
]
when.each(rows)('rules by %s for %s', (_, family, open, programs) => {
  const addresses = labAddresses[family]
  const { pods, serviceIp, balancerIp } = addresses
  const { program } = iptablesWords[family]
  const { 'self, later': later, ...services } = servicesOf(addresses)
  const to = (last: number, rest: Partial<Probe> = {}): Probe => ({ host: serviceIp(last), port: 80, ...rest })
  const nodePort = (port: number, rest: Partial<Probe> = {}): Probe => ({ host: addresses.node, port, ...rest })
  const lab = new NetworkLab(addresses)
  let mode: Mode
  let run: RunProgram
  let before: string
  const rulesNow = async () => {
    const texts = [await run('nft', ['list', 'tables']), await run(`${program}-save`, [])]
    return texts.map(({ stdout }) => stdout.replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '')).join('\n')
  }
  beforeAll(async () => {
    await lab.start()
    run = programs(lab.run)
    // As on a machine with rules of its own.
    for (const table of ['nat', 'filter']) await run(program, ['-t', table, '-N', 'OF-OTHERS'])
    await run(program, ['-A', 'FORWARD', '-s', addresses.nobody, '-j', 'DROP'])
    before = await rulesNow()
    mode = open(run, addresses)
    await mode.carrier.apply(
      new Map(Object.entries(services).map(([name, ports]) => [`shop/${name}`, routesOf(...ports)])),
    )
  }, 60_000)
  afterAll(() => lab.stop())

  test('from a pod', async () => {
    const spread = often(to(1))
    const udp = often(to(1, { protocol: 'udp' }))
    const stays = often(to(3))
    const singles = [
      to(2),
      to(77),
      { host: balancerIp(1), port: 80 },
      nodePort(30_001),
      nodePort(30_005),
      nodePort(30_002),
      to(9),
    ]
    const answers = await lab.probe('c', [...spread, ...udp, ...stays, ...often(to(8)), ...singles])
    expect(sorted(answers.slice(0, 16))).toBe('a,b')
    expect(sorted(answers.slice(16, 32))).toBe('a,b')
    expect(sorted(answers.slice(32, 48))).toMatch(/^[ab]$/)
    expect(sorted(answers.slice(48, 64))).toBe('b')
    const [empty, unknown, external, byNode, local, closed, nowhere] = answers.slice(64)
    expect([empty, unknown, closed]).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED'])
    for (const answer of [external, byNode, local]) expect(answer).toMatch(/^[ab]$/)
    expect(nowhere).toBe('nothing')
  })

  test('from a pod to itself', async () => expect(await lab.probe('a', [to(4)])).toEqual(['a']))

  test('from the node', async () => {
    const [service, udp, empty, port, external, local] = await lab.probe('node', [
      to(1),
      to(1, { protocol: 'udp' }),
      to(2),
      nodePort(30_001),
      { host: balancerIp(1), port: 80 },
      nodePort(30_005),
    ])
    for (const answer of [service, udp, port, external, local]) expect(answer).toMatch(/^[ab]$/)
    expect(empty).toBe('ECONNREFUSED')
  })

  test('from outside', async () => {
    const balancer = (last: number) => ({ host: balancerIp(last), port: 80 })
    const [port, udp, external, closed, gone, notOutside, walled, open] = await lab.probe('outside', [
      nodePort(30_001),
      nodePort(30_001, { protocol: 'udp' }),
      balancer(1),
      nodePort(30_002),
      balancer(2),
      nodePort(30_005),
      balancer(6),
      balancer(7),
    ])
    for (const answer of [port, udp, external, open]) expect(answer).toMatch(/^[ab]$/)
    expect([closed, gone, notOutside, walled]).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'nothing', 'nothing'])
  })

  test('what changes is changed, and what goes is gone', async () => {
    await mode.carrier.apply(
      new Map([
        ['shop/self', routesOf(...later)],
        ['shop/sticky', undefined],
      ]),
    )
    expect(await lab.probe('c', [to(4), to(3), to(4)])).toEqual(['b', 'ECONNREFUSED', 'b'])
  })

  test('policies', async () => {
    const direct = (name: LabPod): Probe => ({ host: pods[name], port: serverPort })
    const policy = (name: string, spec: Partial<NetworkPolicySpec>): NetworkPolicy => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace: 'shop', name },
      spec: { podSelector: {}, ...spec },
    })
    const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } })
    await mode.setPolicies([
      policy('deny', {}),
      policy('let c in', { ...app('a'), ingress: [{ from: [app('c')], ports: [{ port: 'web' }] }] }),
      policy('a goes nowhere', { ...app('a'), policyTypes: ['Egress'] }),
    ])
    const [[toA, toB, byService], fromA, fromNode, fromOutside] = await Promise.all([
      lab.probe('c', [direct('a'), direct('b'), to(4)]),
      lab.probe('a', [direct('b')]),
      lab.probe('node', [direct('b')]),
      lab.probe('outside', [nodePort(30_001)]),
    ])
    expect([toA, toB, byService]).toEqual(['a', 'nothing', 'nothing'])
    expect([fromA, fromNode, fromOutside]).toEqual([['nothing'], ['b'], ['nothing']])
    const except = [`${pods.a}/${family === 'IPv6' ? 128 : 32}`]
    await mode.setPolicies([
      policy('all but a', { ingress: [{ from: [{ ipBlock: { cidr: addresses.podSubnet, except } }] }] }),
    ])
    expect(await Promise.all([lab.probe('c', [direct('b')]), lab.probe('a', [direct('b')])])).toEqual([
      ['b'],
      ['nothing'],
    ])
    await mode.setPolicies([])
    expect(await lab.probe('a', [direct('b')])).toEqual(['b'])
  })

  test('what somebody breaks is repaired', async () => {
    await clock.advance(2_000)
    await mode.carrier.apply(new Map())
    await run(mode.spoil[0], mode.spoil[1])
    expect(await lab.probe('outside', [nodePort(30_001)])).not.toEqual([expect.stringMatching(/^[ab]$/)])
    await clock.advance(10_000)
    await mode.carrier.apply(new Map())
    expect(await lab.probe('outside', [nodePort(30_001)])).toEqual([expect.stringMatching(/^[ab]$/)])
  })

  test('after the end there are the rules of others, and no more', async () => {
    await mode.stop()
    expect(await rulesNow()).toBe(before)
  })
})
