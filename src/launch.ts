/** Entry of the `minik8s` command, built as `dist/minik8s.js` beside its bundle, `dist/main.js`. */
import { runBundle } from './launch-bundle.js'

/** Set by the build. */
declare const bundleHash: string

/** Long enough for a server to have started, so that what a start runs is in it; commands that end sooner leave nothing. */
const keepAfterMs = 2_500

runBundle({ name: 'main', hash: bundleHash, keep: callback => void setTimeout(callback, keepAfterMs).unref() })
