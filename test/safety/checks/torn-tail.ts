/** `torn-tail`: the last record of the log was not written to its end. */
import { openOn } from '../../contract/storage-disk.js'
import type { SafetyCheck } from '../check.js'
import { readValue } from '../disk/journal.js'
import { storeWithLog } from '../disk/small-store.js'

const damages = {
  cut: (whole: Uint8Array, at: number) => whole.slice(0, at),
  zeroed: (whole: Uint8Array, at: number) => whole.slice().fill(0, at),
}

export const tornTail: SafetyCheck = {
  name: 'torn-tail',
  claim: 'a log whose last record is cut or zeroed from any byte on starts with all before it, and can be written',
  async run({ long, seed, say }) {
    const violations: string[] = []
    const { disk, path, whole, lastAt } = await storeWithLog(seed)
    for (const [name, damage] of Object.entries(damages))
      for (let at = lastAt; at < whole.length; at++) {
        disk.corrupt(path, damage(whole, at))
        const violate = (found: unknown) => violations.push(`${name} from byte ${at} on: ${found}`)
        try {
          const { storage, recovery } = await openOn(disk)
          if (recovery.records !== 5) violate(`${recovery.records} records, 5 were whole`)
          if (await readValue(storage, '/k/last')) violate('what was torn is there')
          await storage.put('/k/next', new Uint8Array(1))
          await storage.close()
          if (!long && at % 50) continue
          const again = await openOn(disk)
          if ((await readValue(again.storage, '/k/next')) === undefined) violate('the next write is lost')
          await again.storage.close()
        } catch (error) {
          violate(error)
        }
      }
    say(`  ${2 * (whole.length - lastAt)} damaged logs`)
    return violations
  },
}
