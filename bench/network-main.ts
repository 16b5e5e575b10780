/**
 * Benchmarks of the network alone: bundle with esbuild and run with node. `services` wants root and nft; it has a network namespace of its own.
 * With `services` and the path of dist/minik8s.js, the stock kube-proxy comes after ours, where its binary is.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { askDns, benchDns } from './dns.js'
import { benchServices } from './services.js'
import { benchKubeProxy } from './services-peer.js'

const inside = 'inside'
const [which = 'all', place, program] = process.argv.slice(2)
if (which === 'services' && place === inside) {
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  for (const size of [1_000, 10_000]) {
    await benchServices(size)
    if (program) await benchKubeProxy(size, program)
  }
} else if (which === 'services' || which === 'all')
  spawnSync('unshare', ['--net', process.execPath, process.argv[1]!, 'services', inside, place ?? ''], {
    stdio: 'inherit',
  })
if (which === 'dns' && place) await askDns(Number(place))
else if (which === 'dns' || which === 'all') await benchDns(process.argv[1]!)
