/** Benchmarks of the scheduler alone: bundle with esbuild and run with node. */
import { benchGrowth, benchStrategies } from './schedule.js'

const [which = 'all'] = process.argv.slice(2)
if (which === 'all' || which === 'growth') await benchGrowth()
if (which === 'all' || which === 'strategies') await benchStrategies()
process.exit()
