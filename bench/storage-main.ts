/** Benchmarks of the storage engine alone, in the current directory: bundle with esbuild and run with node. */
import { benchStorage } from './storage.js'

await benchStorage(process.cwd())
