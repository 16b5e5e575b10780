/** What a pod costs without Kubernetes: two containers of which the second joins the network of the first, made and started. */
import { openDocker } from '../../src/kubelet/runtime/docker/engine.js'

const image = 'busybox:1.36'
const Cmd = ['sleep', '100000']
const label = 'io.minik8s.bench'

export interface RawDocker extends AsyncDisposable {
  /** Milliseconds until so many pairs run, made side by side. */
  run(pairs: number): Promise<number>
  removeAll(): Promise<void>
}

export async function openRawDocker(): Promise<RawDocker> {
  const docker = await openDocker(undefined)
  const network = await docker.createNetwork({ Name: `${label}-${process.pid}`, Labels: { [label]: '' } })
  const Labels = { [label]: `${process.pid}` }

  async function pair() {
    const first = await docker.createContainer({
      ...{ Image: image, Cmd, Labels },
      HostConfig: { NetworkMode: network.id, IpcMode: 'shareable' },
    })
    await first.start()
    const HostConfig = { NetworkMode: `container:${first.id}`, IpcMode: `container:${first.id}` }
    const second = await docker.createContainer({ ...{ Image: image, Cmd, Labels }, HostConfig })
    await second.start()
  }

  async function removeAll() {
    const filters = { label: [`${label}=${process.pid}`] }
    const found = await docker.listContainers({ all: true, filters })
    await Promise.all(found.map(({ Id }) => docker.getContainer(Id).remove({ force: true })))
  }

  return {
    async run(pairs) {
      const begin = performance.now()
      await Promise.all(Array.from({ length: pairs }, pair))
      return performance.now() - begin
    },
    removeAll,
    async [Symbol.asyncDispose]() {
      await removeAll()
      await network.remove()
    },
  }
}
