/** Every check of the safety suite; one file each. */
import type { SafetyCheck } from '../check.js'
import { kubeletRestart } from './kubelet-restart.js'
import { linear } from './linear.js'
import { malformed } from './malformed.js'
import { watchLaws } from './watch-laws.js'

export const checks: readonly SafetyCheck[] = [linear, watchLaws, malformed, kubeletRestart]
