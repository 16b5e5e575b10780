/** A disk that refuses a write: what the store tells its writers, its readers and its process. */
import { SeededRandom } from '../../../src/machinery/fake-clock.js'
import { CrashFileSystem, type Fault } from '../../../src/storage/memory/crash-file-system.js'
import { openOn } from '../../contract/storage-disk.js'
import { Journal, writeUntilDown } from './journal.js'

/** One store, until the disk fails; then the next process looks at what is there. */
async function playOnce(fault: Fault, random: SeededRandom): Promise<string[]> {
  const disk = new CrashFileSystem(random)
  const journal = new Journal()
  const fatal: Error[] = []
  const { storage } = await openOn(disk, { snapshotAfterBytes: 20_000, onFatal: error => fatal.push(error) })
  const seen: number[] = []
  storage.subscribe('/k/', 0, events => seen.push(...events.map(({ revision }) => revision)))
  disk.failAfter(1 + Math.floor(random.next() * 20), fault)
  await writeUntilDown(storage, { journal, random: () => random.next(), label: fault, writes: 1000 })
  const violations: string[] = []
  if (fatal.length !== 1) violations.push(`the process was told ${fatal.length} times`)
  if (!/could not write to its log: .*(EIO|ENOSPC)/.test(fatal[0]?.message ?? ''))
    violations.push(`the message does not say why: ${fatal[0]?.message}`)
  if (seen.length !== journal.count) violations.push(`${seen.length} events of ${journal.count} acknowledged writes`)
  const late = await storage.put('/k/late', new Uint8Array(1)).catch(error => error)
  if (!(late instanceof Error)) violations.push('a write after the failure was acknowledged')
  await storage.close().catch(() => {})
  disk.restart()
  violations.push(...(await journal.judge((await openOn(disk)).storage)))
  return violations
}

/** A line for everything wrong in so many failures. */
export async function playFailingDisk(fault: Fault, { failures, seed }: { failures: number; seed: number }) {
  const random = new SeededRandom(seed)
  const violations: string[] = []
  for (let n = 0; n < failures; n++)
    violations.push(...(await playOnce(fault, random)).map(found => `failure ${n}: ${found}`))
  return violations
}
