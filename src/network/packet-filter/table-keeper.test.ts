import { beforeEach, describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { countRules } from './nft.js'
import { NftTable, type TablePart } from './nft-table.js'
import { startTableKeeper, type TableKeeper } from './table-keeper.js'

const asLoaded =
  'table ip t {\n\tset s {\n\t\ttype mark\n\t}\n\n\tchain c {\n\t\ttype nat hook output priority -100; policy accept;\n\t\taccept\n\t}\n}\n'
const part = (rule: string) => ({ chains: { c: { rules: [rule] } } })
let clock: FakeClock
let loaded: string[]
let failures: number
let kernel: string | undefined
let reads: boolean[]
let removed: string[]
let keeper: TableKeeper<TablePart>
beforeEach(async () => {
  clock = new FakeClock(0)
  loaded = []
  reads = []
  failures = 0
  removed = []
  kernel = asLoaded
  const filter = {
    async load(text: string) {
      if (failures-- > 0) throw new Error('no')
      loaded.push(text)
      kernel = asLoaded
    },
    async read(_: string, whole: boolean) {
      reads.push(whole)
      return kernel
    },
    countRules,
    remove: async (table: string) => void removed.push(table),
  }
  keeper = startTableKeeper({ filter, clock, log: silentLogger }, new NftTable('t'))
  keeper.set('a', part('accept'))
  await keeper.flush()
})

/** Long enough that what there is was read once. */
const settle = () => clock.advance(2_000)

describe('the keeper of a table', () => {
  test('loads once what changed', async () => {
    await keeper.flush()
    expect(loaded).toHaveLength(1)
  })

  test('finds that rules are missing though it never saw them', async () => {
    kernel = asLoaded.replace('\t\taccept\n', '')
    await settle()
    expect(loaded).toHaveLength(2)
  })

  test('does not take what is wanted, but was not loaded yet, for a change of others', async () => {
    keeper.set('b', { chains: { d: { rules: ['accept'] } } })
    await settle()
    expect(loaded).toHaveLength(1)
  })

  test('begins from nothing at once when a change cannot be loaded', async () => {
    keeper.set('a', part('drop'))
    failures = 1
    await keeper.flush()
    expect(loaded.at(-1)).toContain('delete table')
    expect(loaded.at(-1)).toContain('drop')
  })

  test('tries again in a second when that fails too', async () => {
    keeper.set('a', part('drop'))
    failures = 2
    await keeper.flush()
    expect(loaded).toHaveLength(1)
    await clock.advance(1_000)
    expect(loaded.at(-1)).toContain('drop')
  })

  test.each([
    ['deleted', undefined],
    ['flushed', asLoaded.replace('\t\taccept\n', '')],
    ['changed', asLoaded.replace('accept\n', 'drop\n')],
  ])('loads all again when somebody %s the table', async (_, found) => {
    await settle()
    kernel = found
    await clock.advance(10_000)
    expect(loaded).toHaveLength(2)
    expect(loaded[1]).toBe(loaded[0])
    await clock.advance(30_000)
    expect(loaded).toHaveLength(2)
  })

  test('leaves alone what is as it was', async () => {
    await settle()
    keeper.set('a', part('drop'))
    await keeper.flush()
    await clock.advance(60_000)
    expect(loaded).toHaveLength(2)
  })

  test('of large tables it only looks whether they are there', async () => {
    for (let i = 0; i < 600; i++) keeper.set(`owner ${i}`, { elements: [] })
    keeper.set('a', part('drop'))
    await keeper.flush()
    await clock.advance(15_000)
    expect(reads.at(-1)).toBe(false)
  })

  test('takes the table away when it stops', async () => {
    await keeper.stop()
    expect(removed).toEqual(['t'])
    await clock.advance(60_000)
    expect(reads).toEqual([])
  })
})
