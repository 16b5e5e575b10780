/** `fsync-fail` and `disk-full`: the disk takes a write no more. */
import type { Fault } from '../../../src/storage/memory/crash-file-system.js'
import type { SafetyCheck } from '../check.js'
import { playFailingDisk } from '../disk/failing-disk.js'

const defineFailure = (name: string, fault: Fault): SafetyCheck => ({
  name,
  claim:
    'nothing is acknowledged or seen that is not on the disk, and the process is told to end, once, in clear words',
  async run({ long, seed, say }) {
    const failures = long ? 1000 : 50
    say(`  ${failures} failures with ${fault}`)
    return playFailingDisk(fault, { failures, seed })
  },
})

export const fsyncFail = defineFailure('fsync-fail', 'EIO')
export const diskFull = defineFailure('disk-full', 'ENOSPC')
