/** Runs the runtime contract on the simulation always, on Docker where a daemon answers and has a busybox, and on processes as root. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DockerEngine } from '../../src/kubelet/runtime/docker/engine.js'
import { ProcessEngine } from '../../src/kubelet/runtime/process/process-engine.js'
import { isRuntimeError } from '../../src/kubelet/runtime/runtime.js'
import { newAddressPool } from '../../src/kubelet/runtime/sim/address-pool.js'
import { SimRuntime } from '../../src/kubelet/runtime/sim/sim-runtime.js'
import type { Clock } from '../../src/machinery/clock.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { busyboxName, makeBusyboxArchive } from './busybox-archive.js'
import { ensureTestImage } from './docker-image.js'
import { describeRuntime } from './runtime.js'

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

describeRuntime('sim', async () => ({
  runtime: new SimRuntime({
    clock,
    addresses: newAddressPool('10.244.0.0/16'),
    missingImages: new Map([['minik8s-test/no-such-image:1', 'not found']]),
  }),
  image: 'busybox:latest',
  real: false,
  async close() {},
}))

const directory = await mkdtemp(join(tmpdir(), 'minik8s-contract-'))
/** Nodes have no networks of their own: nobody gives them any. */
const addressing = { prefix: 20 }
const image = await ensureTestImage()
if (image) {
  describeRuntime('docker', async () => {
    const programs = join(directory, 'programs')
    const engine = await DockerEngine.connect({
      cluster: `contract-${process.pid}`,
      programs,
      addressing,
      clock,
      log: silentLogger,
    })
    return { runtime: engine.runtimeFor('node-1'), image, real: true, close: () => engine.removeAll() }
  })
}

/** Undefined where this machine does not let us. */
async function openProcessEngine(directory: string): Promise<ProcessEngine | undefined> {
  const options = {
    cluster: `ct-${process.pid}`,
    directory: join(directory, 'process'),
    addressing,
    clock,
    log: silentLogger,
  }
  return ProcessEngine.open(options).catch(error => {
    if (!isRuntimeError(error, 'unavailable')) throw error
    return undefined
  })
}

const archive = await makeBusyboxArchive(directory)
const engine = archive && (await openProcessEngine(directory))
if (archive && engine) {
  describeRuntime('process', async () => {
    await engine.images.load(archive)
    return {
      runtime: engine.runtimeFor('node-1'),
      image: busyboxName,
      real: true,
      async close() {
        await engine.removeAll()
        await rm(directory, { recursive: true, force: true, maxRetries: 3 })
      },
    }
  })
}
