/** Entry of the package as a library, built as `dist/index.js` beside its bundle, `dist/embedded.js`. */
import { runBundle } from './launch-bundle.js'

/** Set by the build. */
declare const bundleHash: string

// A test may end at any time: what it ran is known when the process ends.
const embedding = runBundle({
  name: 'embedded',
  hash: bundleHash,
  keep: callback => void process.once('exit', callback),
}) as typeof import('./embedding/index.js')

export const { startCluster, kinds, defineResource, StatusError, isReason } = embedding
