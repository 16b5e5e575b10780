/** Copies everything that one store holds into another, empty one. */
import { eventTimeToLive } from '../../registry/event-expiry.js'
import { type Storage, type Stored, UnreadableValue } from '../../storage/storage.js'
import { UserError } from '../user-error.js'

const root = '/registry/'
const events = '/registry/events/'
/** Records of servers that run, worth nothing without them. */
const passing = '/registry/masterleases/'
/** Records of a server's own, in whatever form. */
const records = '/registry/ranges/'

/** Written at the same time, so that they share their trips to the disk. */
const writers = 64
const brace = 0x7b

function checkReadable({ key, bytes }: Stored): void {
  if (bytes[0] === brace || key.startsWith(records)) return
  throw new UserError(
    `${key} is neither JSON nor protobuf: if an API server has encrypted it, name its keys by --encryption-provider-config`,
  )
}

/** Resolves with how many objects were copied. Nothing is written unless all can be read. Throws UserError. */
export async function migrate(from: Storage, to: Storage): Promise<number> {
  const there = await to.list(root, { limit: 1 })
  if (there.items.length)
    throw new UserError(`the store to write to holds ${there.items[0]!.key} and more: it must be empty`)
  const { items } = await from.list(root).catch(error => {
    throw error instanceof UnreadableValue ? new UserError(`${error.key} cannot be read: ${error.message}`) : error
  })
  const wanted = items.filter(({ key }) => !key.startsWith(passing))
  for (const stored of wanted) checkReadable(stored)
  // Older objects stay older than younger ones.
  wanted.sort((a, b) => a.createRevision - b.createRevision)
  let next = 0
  const writer = async () => {
    while (next < wanted.length) {
      const { key, bytes } = wanted[next++]!
      await to.put(key, bytes, { expect: 'absent', ...(key.startsWith(events) && { timeToLive: eventTimeToLive }) })
    }
  }
  await Promise.all(Array.from({ length: writers }, writer))
  return wanted.length
}
