/** Benchmarks of storage and registry alone, in the current directory: bundle with esbuild and run with node. */
import { benchStorage } from './storage.js'
import { benchEtcd } from './storage-etcd.js'
import { benchRegistry } from './storage-registry.js'

const [which = 'all'] = process.argv.slice(2)
if (which === 'all' || which === 'storage') await benchStorage(process.cwd())
if (which === 'all' || which === 'etcd') await benchEtcd()
if (which === 'all' || which === 'registry') for (const size of [1000, 10_000]) await benchRegistry(process.cwd(), size)
