/** `power-loss`: crashes of a disk that forgets what was not synced, at any moment of writing, snapshots and recovery. */
import { SeededRandom } from '../../../src/machinery/fake-clock.js'
import { CrashFileSystem } from '../../../src/storage/memory/crash-file-system.js'
import { storeFiles } from '../../../src/storage/memory/files.js'
import { directory, openOn } from '../../contract/storage-disk.js'
import type { SafetyCheck } from '../check.js'
import { Journal, writeUntilDown } from '../disk/journal.js'

const options = { snapshotAfterBytes: 3000 }

export const powerLoss: SafetyCheck = {
  name: 'power-loss',
  claim: 'every acknowledged write outlives every loss of power, and those under way are whole or absent',
  async run({ long, seed, say }) {
    const crashes = long ? 2000 : 300
    const random = new SeededRandom(seed)
    const disk = new CrashFileSystem(random)
    const journal = new Journal()
    const violations: string[] = []
    let snapshots = 0
    for (let crash = 0; crash < crashes; crash++) {
      disk.failAfter(1 + Math.floor(random.next() * 25), 'power-loss')
      const opened = await openOn(disk, options).catch(() => undefined)
      if (opened) {
        violations.push(...(await journal.judge(opened.storage)).map(found => `after crash ${crash}: ${found}`))
        await writeUntilDown(opened.storage, { journal, random: () => random.next(), label: String(crash) })
        await opened.storage.close().catch(() => {})
      }
      disk.restart()
      if (storeFiles(await disk.list(directory)).some(({ kind }) => kind === 'snapshot')) snapshots++
    }
    violations.push(...(await journal.judge((await openOn(disk, options)).storage)))
    say(`  ${crashes} crashes, ${snapshots} of them with a snapshot there; ${journal.count} writes were acknowledged`)
    if (!snapshots) violations.push('no snapshot was ever taken')
    return violations
  },
}
