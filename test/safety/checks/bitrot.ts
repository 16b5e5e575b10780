/** `bitrot`: one bit of the store's files has changed since it was written. */
import { StoreDamaged } from '../../../src/storage/memory/recover.js'
import { openOn } from '../../contract/storage-disk.js'
import type { SafetyCheck } from '../check.js'
import { type DamageableFile, storeWithLog, storeWithSnapshot } from '../disk/small-store.js'
import { newChance } from '../random.js'

const advice = /is damaged .* No file was changed\. Restore the directory from a backup/

async function flip({ disk, path, whole }: DamageableFile, bit: number): Promise<string | undefined> {
  const damaged = whole.slice()
  damaged[bit >> 3]! ^= 1 << (bit & 7)
  disk.corrupt(path, damaged)
  const result = await openOn(disk).catch(error => error)
  if (!(result instanceof StoreDamaged)) return `${path}, bit ${bit}: it starts, or fails with ${result}`
  if (!advice.test(result.message)) return `${path}, bit ${bit}: ${result.message}`
  const now = disk.read(path)
  return now && Buffer.compare(now, damaged) === 0 ? undefined : `${path}, bit ${bit}: the file was changed`
}

export const bitrot: SafetyCheck = {
  name: 'bitrot',
  claim: 'a flipped bit in an acknowledged record is always refused, in words that help, and no file is changed',
  async run({ long, seed, say }) {
    const violations: string[] = []
    const chance = newChance(seed)
    const flips = long ? 5000 : 500
    for (const file of [await storeWithLog(seed), await storeWithSnapshot(seed)])
      for (let n = 0; n < flips; n++) {
        const found = await flip(file, chance.below(file.whole.length * 8))
        if (found) violations.push(found)
      }
    say(`  ${2 * flips} flipped bits in a log and a snapshot`)
    return violations
  },
}
