/** Runs the runtime contract on the simulation always, and on Docker where a daemon answers and has a busybox. */

import { DockerEngine } from '../../src/kubelet/runtime/docker/engine.js'
import { newAddressPool } from '../../src/kubelet/runtime/sim/address-pool.js'
import { SimRuntime } from '../../src/kubelet/runtime/sim/sim-runtime.js'
import type { Clock } from '../../src/machinery/clock.js'
import { silentLogger } from '../../src/telemetry/logger.js'
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

const image = await ensureTestImage()
if (image) {
  describeRuntime('docker', async () => {
    const engine = await DockerEngine.connect({ cluster: `contract-${process.pid}`, clock, log: silentLogger })
    return { runtime: engine.runtimeFor('node-1'), image, real: true, close: () => engine.removeAll() }
  })
}
