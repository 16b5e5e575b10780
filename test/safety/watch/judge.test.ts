/** The judge of watches: it passes what the laws allow, and finds each way of breaking them. */
import { describe, expect, test } from '@jest/globals'
import { judgeWatches } from './judge.js'
import type { Bookmark, Seen, Told, Written } from './told.js'

const seen = (type: Seen['type'], revision: number, value: string, key = 'a'): Seen => ({ type, key, revision, value })
const bookmark = (revision: number): Bookmark => ({ type: 'BOOKMARK', revision })
const put = (revision: number, value: string, key = 'a'): Written => ({ key, value, revision, isSure: true })
const gone: Written = { key: 'a', isSure: true }

const writes = [put(5, '1-g0'), put(6, '2-g1'), gone, put(9, '3-g1')]
const all = [
  seen('ADDED', 5, '1-g0'),
  seen('MODIFIED', 6, '2-g1'),
  seen('DELETED', 8, '2-g1'),
  seen('ADDED', 9, '3-g1'),
]
const first: Told = { name: 'first', start: 1, events: all }
const story = (over: Partial<Told>): Told => ({ ...first, name: 'second', ...over })

describe('what the laws allow', () => {
  test.each<{ name: string; told: Told }>([
    { name: 'everything', told: story({}) },
    {
      name: 'bookmarks between',
      told: story({ events: [bookmark(1), all[0]!, bookmark(5), ...all.slice(1), bookmark(9)] }),
    },
    {
      name: 'a later start with what is there',
      told: story({ start: 7, initial: [seen('ADDED', 6, '2-g1')], events: all.slice(2) }),
    },
    {
      name: 'a group that the object leaves',
      told: story({ group: 'g0', events: [seen('ADDED', 5, '1-g0'), seen('DELETED', 6, '1-g0')] }),
    },
    {
      name: 'a group that it enters',
      told: story({ group: 'g1', events: [seen('ADDED', 6, '2-g1'), all[2]!, all[3]!] }),
    },
  ])('$name', ({ told }) => expect(judgeWatches([first, told], writes)).toEqual([]))

  test('a write without an answer, told or not', () => {
    const unsure: Written = { key: 'a', value: '2-g1', isSure: false }
    expect(judgeWatches([first], [writes[0]!, unsure, gone, writes[3]!])).toEqual([])
    const without = story({ events: [all[0]!, seen('DELETED', 8, '1-g0'), all[3]!] })
    expect(judgeWatches([without], [writes[0]!, unsure, gone, writes[3]!])).toEqual([])
  })

  test('a deletion without an answer and one that was answered make one event', () => {
    const unsure: Written = { ...gone, isSure: false }
    expect(judgeWatches([first], [writes[0]!, writes[1]!, unsure, gone, writes[3]!])).toEqual([])
  })

  test('the event of a deletion may be that of the second, a change without an answer between them', () => {
    const unsure: Written[] = [
      { ...gone, isSure: false },
      { key: 'a', value: 'x-g0', isSure: false },
    ]
    expect(judgeWatches([first], [writes[0]!, writes[1]!, ...unsure, gone, writes[3]!])).toEqual([])
  })
})

describe('what they forbid', () => {
  test.each<{ name: string; told: Told; says: RegExp }>([
    {
      name: 'an event too few',
      told: story({ events: [all[0]!, all[2]!, all[3]!] }),
      says: /second: was not told MODIFIED/,
    },
    { name: 'an event twice', told: story({ events: [all[0]!, ...all] }), says: /ADDED of revision 5 after 5/ },
    {
      name: 'events out of order',
      told: story({ events: [all[1]!, all[0]!, ...all.slice(2)] }),
      says: /revision 5 after 6/,
    },
    {
      name: 'a bookmark that promises too much',
      told: story({ events: [all[0]!, bookmark(7), ...all.slice(1)] }),
      says: /MODIFIED of revision 6 after 7/,
    },
    {
      name: 'an older bookmark',
      told: story({ events: [...all, bookmark(6)] }),
      says: /BOOKMARK of revision 6 after 9/,
    },
    {
      name: 'another value',
      told: story({ events: [seen('ADDED', 5, 'x-g0'), ...all.slice(1)] }),
      says: /others: ADDED a 1-g0/,
    },
    {
      name: 'an event of nothing',
      told: story({ events: [...all, seen('MODIFIED', 10, '4-g0')] }),
      says: /where nothing was written/,
    },
    {
      name: 'a start with something missing',
      told: story({ start: 7, initial: [], events: all.slice(2) }),
      says: /began at 7 with 0 objects, there were 1/,
    },
    {
      name: 'a group that hears of others',
      told: story({ group: 'g0', events: all }),
      says: /was told MODIFIED a 2-g1 at 6, which did not happen/,
    },
  ])('$name', ({ told, says }) => expect(judgeWatches([first, told], writes).join('\n')).toMatch(says))

  test('a deletion that no watcher is told of, though one before it had no answer', () => {
    const [unsure, again] = [{ ...gone, isSure: false }, put(9, '3-g1')]
    const told = story({ events: [...all.slice(0, 3), seen('ADDED', 9, '3-g1'), seen('ADDED', 12, '4-g0')] })
    const list = [...writes.slice(0, 2), unsure, gone, again, gone, put(12, '4-g0')]
    expect(judgeWatches([told], list).join()).toMatch(/ADDED a 4-g0 at 12 where a deletion at undefined was written/)
  })

  test('a write that no watcher is told of', () =>
    expect(judgeWatches([story({ events: all.slice(0, 3) })], writes).join()).toMatch(/no event for 3-g1 at 9/))
})
