/** Entry of the library for operators, built as `dist/controller-runtime.js` beside its bundle, `dist/operator.js`. */
import { runBundle } from './launch-bundle.js'

/** Set by the build. */
declare const bundleHash: string

const runtime = runBundle({
  name: 'operator',
  hash: bundleHash,
  keep: callback => void process.once('exit', callback),
}) as typeof import('./operator/index.js')

export const {
  startOperator,
  defineController,
  done,
  requeueAfter,
  updateStatus,
  withCondition,
  controllerRef,
  kinds,
  defineResource,
  StatusError,
  isReason,
} = runtime
