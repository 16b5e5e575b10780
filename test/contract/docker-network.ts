/** Docker's networks for the contract of network managers: sandboxes are containers that start without a network. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { ClusterNetworks } from '../../src/kubelet/runtime/docker/cluster-networks.js'
import { DockerNetwork } from '../../src/kubelet/runtime/docker/docker-network.js'
import { openDocker } from '../../src/kubelet/runtime/docker/engine.js'
import { hostPrograms } from '../../src/kubelet/runtime/docker/host-programs.js'
import { addressesOf } from '../../src/kubelet/runtime/docker/inspect.js'
import { labelNames } from '../../src/kubelet/runtime/docker/labels.js'
import { newPassage } from '../../src/kubelet/runtime/docker/passage.js'
import { ensurePauseImage } from '../../src/kubelet/runtime/docker/pause-image.js'
import type { PortMapping } from '../../src/kubelet/runtime/types.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { type Holder, ipv6Block, listening, type NetworkUnderTest } from './network.js'

const run = promisify(execFile)

/** As the kernel writes the port that `listening` has, and the state of who listens. */
const listener = /:1F90 \S+ 0A /

async function untilListening(pid: number): Promise<void> {
  const tables = ['tcp', 'tcp6'].map(name => `/proc/${pid}/net/${name}`)
  const isListening = async () =>
    (await Promise.all(tables.map(path => readFile(path, 'utf8').catch(() => '')))).some(text => listener.test(text))
  while (!(await isListening())) await new Promise(resolve => setTimeout(resolve, 10))
}

/** Undefined where no daemon answers. */
export async function openDockerNetwork(cluster: string): Promise<NetworkUnderTest | undefined> {
  const docker = await openDocker(undefined)
  const answers = await docker.ping().then(
    () => true,
    () => false,
  )
  if (!answers) return undefined
  const image = await ensurePauseImage(docker)
  const passage = newPassage(use => use((program, args) => run(program, [...args])))
  const addressing = { prefix: 20, nodeMask: 24, ...ipv6Block(2) }
  const open = async () =>
    new DockerNetwork(
      docker,
      await ClusterNetworks.open(docker, { cluster, isLocal: true, passage, log: silentLogger, addressing }),
    )

  async function newHolder(mappings: readonly PortMapping[] = [], podCidrs: readonly string[] = []): Promise<Holder> {
    const bindings = mappings.map(({ containerPort, hostPort, protocol }) => [
      `${containerPort}/${protocol.toLowerCase()}`,
      [{ HostPort: String(hostPort) }],
    ])
    // Docker maps ports of what it plugs in itself.
    const NetworkMode = mappings.length > 0 ? await network.modeFor(podCidrs) : 'none'
    const container = await docker.createContainer({
      Image: image,
      Labels: { [labelNames.cluster]: cluster },
      Entrypoint: [process.execPath, '-e', listening],
      ExposedPorts: Object.fromEntries(bindings.map(([port]) => [port, {}])),
      HostConfig: {
        NetworkMode,
        AutoRemove: true,
        PortBindings: Object.fromEntries(bindings),
        Mounts: hostPrograms(process.execPath),
      },
    })
    await container.start()
    const info = await container.inspect()
    const { State } = info
    await untilListening(State.Pid)
    const enter = ['-t', String(State.Pid), '-n', process.execPath, '-e']
    return {
      id: container.id,
      namespace: `/proc/${State.Pid}/ns/net`,
      plugged: addressesOf(info),
      run: async script => (await run('nsenter', [...enter, script])).stdout,
      end: async () => {
        await container.remove({ force: true }).catch(() => {})
      },
    }
  }

  async function links(): Promise<string[]> {
    const networks = await docker.listNetworks({ filters: { label: [`${labelNames.cluster}=${cluster}`] } })
    return networks.map(({ Name }) => Name)
  }

  const network = await open()
  return { network, reopen: open, newHolder, links, close: () => network.tearDown() }
}
