/** CNI plugins for tests: programs of their own that ask this process what to answer. */
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { BridgeNetwork } from '../../src/kubelet/network/bridge/bridge-network.js'
import { CniNetwork } from '../../src/kubelet/network/cni/cni-network.js'
import { newCniHost } from '../../src/kubelet/network/cni/host-address.js'
import { newPluginRunner } from '../../src/kubelet/network/cni/plugin.js'
import type { PortMapping } from '../../src/kubelet/runtime/types.js'
import type { Clock } from '../../src/machinery/clock.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { ipv6Block } from './network.js'

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

interface Call {
  env: Record<string, string>
  input: {
    cniVersion: string
    type: string
    prevResult?: object
    runtimeConfig?: { portMappings?: { hostPort: number; containerPort: number; protocol: string }[] }
  }
}

const program = (socket: string) => `#!${process.execPath}
const { connect } = require('node:net')
const { readFileSync } = require('node:fs')
const input = JSON.parse(readFileSync(0, 'utf8'))
const socket = connect({ path: ${JSON.stringify(socket)}, allowHalfOpen: true })
socket.end(JSON.stringify({ env: process.env, input }))
let answer = ''
socket.on('data', data => { answer += data })
socket.on('end', () => {
  const { code, output } = JSON.parse(answer)
  process.stdout.write(output)
  process.exitCode = code
})
`

/** The first plugs in by a bridge, the second hands on what the first did. */
async function answer(bridge: BridgeNetwork, { env, input }: Call): Promise<object | undefined> {
  const { CNI_COMMAND: command, CNI_CONTAINERID: id = '', CNI_NETNS: namespace = '', CNI_ARGS: args = '' } = env
  if (input.type === 'test-after') {
    if (!input.prevResult && command !== 'DEL') throw new Error('there is no previous result')
    return command === 'ADD' ? input.prevResult : undefined
  }
  if (command === 'DEL') await bridge.remove(id)
  if (command === 'CHECK') await bridge.check(id)
  if (command !== 'ADD') return undefined
  const argument = (key: string) => new RegExp(`(?:^|;)K8S_POD_${key}=([^;]*)`).exec(args)?.[1] ?? ''
  const pod = { namespace: argument('NAMESPACE'), name: argument('NAME'), uid: argument('UID') }
  const wanted = input.runtimeConfig?.portMappings ?? []
  const portMappings = wanted.map(one => ({ ...one, protocol: one.protocol.toUpperCase() }) as PortMapping)
  const [first, second] = await bridge.add({ id, pod, namespace, portMappings })
  const ips = [{ address: `${first}/22` }, ...(second ? [{ address: `${second}/64` }] : [])]
  return { cniVersion: input.cniVersion, ips }
}

async function servePlugins(bridge: BridgeNetwork, path: string) {
  const server = createServer({ allowHalfOpen: true }, async socket => {
    const chunks: Buffer[] = []
    socket.on('data', chunk => chunks.push(chunk))
    await once(socket, 'end')
    const call = JSON.parse(Buffer.concat(chunks).toString()) as Call
    const reply = await answer(bridge, call).then(
      result => ({ code: 0, output: result ? JSON.stringify(result) : '' }),
      error => ({ code: 1, output: JSON.stringify({ cniVersion: '1.0.0', code: 999, msg: error.message }) }),
    )
    socket.end(JSON.stringify(reply))
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  return server
}

/** Pods plugged in by those plugins. */
export async function openCniUnderTest(cluster: string, directory: string) {
  const [programs, configurations, socket] = ['bin', 'conf', 'socket'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [programs, configurations]) await mkdir(path, { recursive: true })
  const plugins = [{ type: 'test-veth', capabilities: { portMappings: true } }, { type: 'test-after' }]
  const list = { cniVersion: '1.0.0', name: 'test', plugins }
  await writeFile(join(configurations, '10-test.conflist'), JSON.stringify(list))
  for (const { type } of plugins) await writeFile(join(programs, type), program(socket), { mode: 0o755 })
  const bridge = await BridgeNetwork.open({
    cluster: `plugin${process.pid}`,
    directory: join(directory, 'bridge'),
    log: silentLogger,
    addressing: { prefix: 20, ...ipv6Block(3) },
  })
  const server = await servePlugins(bridge, socket)
  const own = join(directory, 'cni')
  const open = () =>
    CniNetwork.open({
      directory: own,
      configurations,
      run: newPluginRunner({ directories: [programs], path: process.env.PATH ?? '', clock, timeoutMs: 10_000 }),
      host: newCniHost({ cluster, directory: own, ...ipv6Block(4) }),
    })
  return {
    network: await open(),
    reopen: open,
    async close() {
      server.close()
      await bridge.tearDown()
    },
  }
}
