/** What there is in a cluster, without what chance and time put into it. */
import type { Client } from '../../../src/client/client.js'
import type { AnyObject } from '../../../src/machinery/object-meta.js'

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g
const tokenVolume = /\bkube-api-access-[a-z0-9]{5}\b/g
const address = /\b10\.(1|96)\.\d+\.\d+\b/g
/** What tells of the past, or is there to be shown only. */
const passing = new Set(['events', 'leases', 'componentstatuses'])
/** Tokens and certificates: chance is their nature. */
const secretFields = new Set(['token', 'certificate'])

/** When an autoscaler last scaled is lost with it, upstream's too, where it dies between scaling and telling. */
const passingFields = new Set(['resourceVersion', 'managedFields', 'lastScaleTime'])

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Whose end the server made up. */
function chanceNames(objects: readonly AnyObject[]): Map<string, string> {
  const names = new Map<string, string>()
  for (const { metadata } of objects) {
    const { generateName, name = '' } = metadata
    if (generateName && /^[a-z0-9]{5}$/.test(name.slice(generateName.length)) && name.startsWith(generateName))
      names.set(name, `${generateName}*`)
  }
  return names
}

function plain(value: unknown, names: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') {
    const known = names.get(value) ?? value
    return known
      .replace(uuid, '<uid>')
      .replace(time, '<time>')
      .replace(address, '<address>')
      .replace(tokenVolume, '<token>')
  }
  if (Array.isArray(value)) {
    const items = value.map(item => plain(item, names))
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (value === null || typeof value !== 'object') return value as Json
  const entries = Object.entries(value)
    .filter(([key, item]) => item !== undefined && !passingFields.has(key))
    .map(([key, item]): [string, Json] => [key, secretFields.has(key) ? '<secret>' : plain(item, names)])
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** One line an object, sorted. */
export async function endState(client: Client): Promise<string[]> {
  const served = (await client.resources()).filter(
    ({ names, verbs }) =>
      verbs.includes('list') && verbs.includes('delete') && !names.plural.includes('/') && !passing.has(names.plural),
  )
  const lists = await Promise.all(served.map(kind => client.list(kind)))
  const objects = lists.flatMap(({ items }) => items as unknown as AnyObject[])
  const names = chanceNames(objects)
  return lists
    .flatMap(({ items }, i) => items.map(item => `${served[i]?.names.plural}: ${JSON.stringify(plain(item, names))}`))
    .sort()
}
