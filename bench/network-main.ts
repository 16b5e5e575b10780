/** Benchmarks of the network alone: bundle with esbuild and run with node. `services` wants root and nft; it has a network namespace of its own. */
import { spawnSync } from 'node:child_process'
import { askDns, benchDns } from './dns.js'
import { benchServices } from './services.js'

const inside = 'inside'
const [which = 'all', place] = process.argv.slice(2)
if (which === 'services' && place === inside) for (const size of [1_000, 10_000]) await benchServices(size)
else if (which === 'services' || which === 'all')
  spawnSync('unshare', ['--net', process.execPath, process.argv[1]!, 'services', inside], { stdio: 'inherit' })
if (which === 'dns' && place) await askDns(Number(place))
else if (which === 'dns' || which === 'all') await benchDns(process.argv[1]!)
