/** Makes, joins and removes network interfaces by netlink, in this process' network namespace and in those of sandboxes. */
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { Launcher, type Space } from '../../runtime/process/kernel/launcher.js'
import { runLauncher } from '../../runtime/process/kernel/run-launcher.js'
import { atWorkingDirectory, openFlags } from '../../runtime/process/kernel/system-calls.js'
import { RuntimeError } from '../../runtime/runtime.js'
import {
  acknowledgedError,
  addAddress,
  addDefaultRoute,
  deleteLink,
  newBridge,
  newVeth,
  plugIn,
  setUp,
} from './netlink.js'

/** AF_NETLINK, SOCK_RAW, NETLINK_ROUTE. */
const netlinkSocket = [16, 3 | openFlags.closeOnExec, 0] as const
const hostSocket = 50
const podSocket = 51
const answerSize = 128
/** Of eth0 in a pod: no other interface there has it. */
const podInterface = 100
const loopback = 1

const errorName = (number: number) =>
  Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`

interface Exchange {
  what: string
  message: Buffer
  /** Error names that are as good as none. */
  accept?: readonly string[]
}

/** A netlink socket of the network namespace that the launcher is in, as that descriptor. */
function openSocket(launcher: Launcher, fd: number): void {
  const opened = launcher.call('socket', netlinkSocket, { what: 'open a netlink socket' })
  launcher.move(opened, fd, openFlags.closeOnExec)
}

function enterNamespace(launcher: Launcher, namespace: string): void {
  const what = 'enter the network of the pod'
  const fd = launcher.call('openat', [atWorkingDirectory, namespace, 0, 0], { what })
  launcher.call('setns', [fd, 0], { what })
}

/** Adds the calls that send each message and keep its answer. */
const exchange = (launcher: Launcher, fd: number, messages: readonly Exchange[]) =>
  messages.map(({ message }) => {
    const answer = launcher.space(answerSize)
    launcher.call('sendto', [fd, message, message.length, 0, 0, 0], { what: 'send to netlink' })
    launcher.call('recvfrom', [fd, answer, answerSize, 0, 0, 0], { what: 'hear from netlink' })
    return answer
  })

/** Rejects with what the kernel did not like. */
async function finish(
  launcher: Launcher,
  directory: string,
  sent: readonly (readonly [Exchange, Space])[],
): Promise<void> {
  for (const [, answer] of sent) launcher.call('write', [1, answer, answerSize])
  const output = await runLauncher(launcher, directory)
  sent.forEach(([{ what, accept = [] }], i) => {
    const error = acknowledgedError(output.subarray(i * answerSize, (i + 1) * answerSize))
    if (error && !accept.includes(errorName(error)))
      throw new RuntimeError('other', `cannot ${what}: ${errorName(error)}`)
  })
}

async function tellKernel(directory: string, messages: readonly Exchange[], namespace?: string): Promise<void> {
  const launcher = new Launcher()
  if (namespace) enterNamespace(launcher, namespace)
  openSocket(launcher, hostSocket)
  const answers = exchange(launcher, hostSocket, messages)
  await finish(
    launcher,
    directory,
    messages.map((message, i) => [message, answers[i]!]),
  )
}

/** With the bits of its network. */
interface LinkAddress {
  address: string
  prefix: number
}

export interface BridgeOptions {
  name: string
  /** Of this machine on it. */
  addresses: readonly LinkAddress[]
}

/** `directory` is where launchers are put, here and below. Resolves with the bridge's index; it may be there already. */
export async function makeBridge(directory: string, { name, addresses }: BridgeOptions): Promise<number> {
  const accept = ['EEXIST']
  await tellKernel(directory, [{ what: `make the bridge ${name}`, message: newBridge(name), accept }])
  const index = Number(await readFile(`/sys/class/net/${name}/ifindex`, 'utf8'))
  await tellKernel(directory, [
    ...addresses.map(({ address, prefix }) => ({
      what: `give the bridge ${name} its address ${address}`,
      message: addAddress(index, address, prefix),
      accept,
    })),
    { what: `set the bridge ${name} up`, message: setUp(index) },
  ])
  return index
}

/** As many messages as a launcher has room for. */
const longestBatch = 50

/** Safe to repeat. */
export async function removeLinks(directory: string, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += longestBatch) {
    const some = names.slice(from, from + longestBatch)
    const messages = some.map(name => ({ what: `remove the interface ${name}`, message: deleteLink(name), accept }))
    await tellKernel(directory, messages)
  }
}
const accept = ['ENODEV']

export interface PodLink {
  /** Of the pod's network namespace. */
  namespace: string
  /** IPv4 first. */
  addresses: readonly (LinkAddress & { gateway: string })[]
  /** Of the interface on this side. */
  name: string
  bridgeIndex: number
}

/** A pair of interfaces, `eth0` in the pod, the other a port of the bridge. */
export async function plugPod(directory: string, link: PodLink): Promise<void> {
  const { namespace, addresses, name, bridgeIndex } = link
  // The hardware address follows from the address, so that neighbours who remember it are not wrong after a restart.
  const hardwareAddress = Buffer.from([0x02, 0x4d, ...addresses[0]!.address.split('.').map(Number)])
  const veth = { name: 'eth0', index: podInterface, hardwareAddress, peer: { name, pid: process.pid } }
  const inPod: Exchange[] = [
    { what: 'make the interface of the pod', message: newVeth(veth) },
    { what: 'set loopback up', message: setUp(loopback) },
    // First: an interface that is down has no routes of IPv6.
    { what: 'set eth0 up', message: setUp(podInterface) },
    ...addresses.flatMap(({ address, prefix, gateway }) => [
      { what: `give the pod its address ${address}`, message: addAddress(podInterface, address, prefix) },
      { what: `set the route out of the pod by ${gateway}`, message: addDefaultRoute(gateway), accept: ['EEXIST'] },
    ]),
  ]
  const onHost: Exchange[] = [{ what: 'plug the pod into the bridge', message: plugIn(name, bridgeIndex) }]
  const launcher = new Launcher()
  openSocket(launcher, hostSocket)
  enterNamespace(launcher, namespace)
  openSocket(launcher, podSocket)
  const answers = [...exchange(launcher, podSocket, inPod), ...exchange(launcher, hostSocket, onHost)]
  await finish(
    launcher,
    directory,
    [...inPod, ...onHost].map((message, i) => [message, answers[i]!]),
  )
}

/** In a namespace that is new it is down. */
export const setLoopbackUp = (directory: string, namespace: string): Promise<void> =>
  tellKernel(directory, [{ what: 'set loopback up', message: setUp(loopback) }], namespace)
