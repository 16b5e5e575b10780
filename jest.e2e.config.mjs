/** End-to-end tests: the built minik8s, real kubectl, the official client, real Docker, real Prometheus. */
import unit from './jest.config.mjs'

export default { ...unit, roots: ['<rootDir>/test/e2e'], testTimeout: 180_000, maxWorkers: 1, maxConcurrency: 2 }
