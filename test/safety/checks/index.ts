/** Every check of the safety suite; one file each. */
import type { SafetyCheck } from '../check.js'
import { bitrot } from './bitrot.js'
import { crashEachWrite } from './crash-each-write.js'
import { diskFull, fsyncFail } from './failing-disks.js'
import { kill9 } from './kill9.js'
import { kubeletRestart } from './kubelet-restart.js'
import { linear } from './linear.js'
import { malformed } from './malformed.js'
import { overload } from './overload.js'
import { powerLoss } from './power-loss.js'
import { secretsLeak } from './secrets-leak.js'
import { selfHealing } from './self-healing.js'
import { servers } from './servers.js'
import { soak } from './soak.js'
import { stale } from './stale.js'
import { tornTail } from './torn-tail.js'
import { watchLaws } from './watch-laws.js'

export const checks: readonly SafetyCheck[] = [
  powerLoss,
  tornTail,
  bitrot,
  fsyncFail,
  diskFull,
  kill9,
  linear,
  watchLaws,
  servers,
  malformed,
  overload,
  secretsLeak,
  kubeletRestart,
  crashEachWrite,
  stale,
  selfHealing,
  soak,
]
