/** The judge of histories: it passes what one store could have done, and finds what none could. */
import { describe, expect, test } from '@jest/globals'
import type { Operation, Version, Write } from './history.js'
import { judgeHistory } from './judge.js'

const key = 'a'
const version = (revision: number): Version => ({ revision, value: `v${revision}` })

/** Times in two numbers: invoked and returned. */
const put = (at: [number, number], revision: number, expect: Write['expect'], over: Partial<Write> = {}): Write => ({
  ...{ type: 'put', key, invoked: at[0], returned: at[1], value: `v${revision}`, expect, outcome: 'done', revision },
  ...over,
})
const remove = (at: [number, number], expect: number, over: Partial<Write> = {}): Write => ({
  ...{ type: 'delete', key, invoked: at[0], returned: at[1], expect, outcome: 'done' },
  ...over,
})
const read = (at: [number, number], revision?: number): Operation => ({
  ...{ type: 'read', key, invoked: at[0], returned: at[1] },
  ...(revision !== undefined && { found: version(revision) }),
})
const list = (at: [number, number], revision: number, found?: number): Operation => ({
  ...{ type: 'list', invoked: at[0], returned: at[1], revision },
  items: new Map(found === undefined ? [] : [[key, version(found)]]),
})
const refused: Partial<Write> = { outcome: 'refused', revision: undefined }
const lost: Partial<Write> = { outcome: 'unknown', revision: undefined, returned: Number.POSITIVE_INFINITY }

describe('histories that one store could have made', () => {
  test.each<{ name: string; history: Operation[] }>([
    { name: 'one after the other', history: [read([1, 2]), put([3, 4], 5, 'absent'), read([5, 6], 5)] },
    { name: 'a read beside the write may see it', history: [put([1, 4], 5, 'absent'), read([2, 3], 5)] },
    { name: 'a read beside the write may miss it', history: [put([1, 4], 5, 'absent'), read([2, 3])] },
    {
      name: 'nothing is found between a deletion and the next creation',
      history: [put([1, 2], 5, 'absent'), remove([3, 4], 5), read([5, 6]), put([7, 8], 9, 'absent'), read([9, 10], 9)],
    },
    {
      name: 'a write whose answer was lost is seen later',
      history: [put([1, 2], 5, 'absent'), put([3, 9], 7, 5, lost), read([10, 11], 5), read([12, 13], 7)],
    },
    {
      name: 'a deletion whose answer was lost',
      history: [put([1, 2], 5, 'absent'), remove([3, 9], 5, lost), read([10, 11], 5), read([12, 13])],
    },
    {
      name: 'a deletion whose answer was lost never took place',
      history: [put([1, 2], 5, 'absent'), remove([3, 9], 5, lost), read([10, 11], 5), put([12, 13], 8, 5)],
    },
    {
      name: 'the loser is refused',
      history: [put([1, 2], 5, 'absent'), put([3, 6], 6, 5), put([4, 5], 0, 5, refused), read([7, 8], 6)],
    },
    { name: 'a list of the time before', history: [put([1, 4], 5, 'absent'), list([2, 3], 4)] },
    { name: 'a list after a deletion', history: [put([1, 2], 5, 'absent'), remove([3, 4], 5), list([5, 6], 6)] },
  ])('$name', ({ history }) => expect(judgeHistory(history, [key])).toEqual([]))
})

describe('histories that none could have made', () => {
  test.each<{ name: string; history: Operation[]; says: RegExp }>([
    {
      name: 'an acknowledged write is not read',
      history: [put([1, 2], 5, 'absent'), read([3, 4])],
      says: /cannot come before|too early/,
    },
    {
      name: 'a read goes back in time',
      history: [put([1, 2], 5, 'absent'), put([3, 9], 6, 5), read([4, 5], 6), read([6, 7], 5)],
      says: /put of 6 .* cannot come before|too early/,
    },
    {
      name: 'nothing is found after the value was, and nobody deleted it',
      history: [put([1, 9], 5, 'absent'), read([2, 3], 5), read([4, 5])],
      says: /cannot come before|too early/,
    },
    { name: 'a value from nowhere', history: [read([1, 2], 5)], says: /was never written/ },
    {
      name: 'an update is lost',
      history: [put([1, 2], 5, 'absent'), put([3, 4], 6, 5), put([5, 6], 7, 5)],
      says: /expected 5 and followed 6/,
    },
    {
      name: 'two creations without a deletion',
      history: [put([1, 2], 5, 'absent'), put([3, 4], 6, 'absent')],
      says: /nobody deleted it/,
    },
    {
      name: 'two deletions of one version',
      history: [put([1, 2], 5, 'absent'), remove([3, 6], 5), remove([4, 5], 5)],
      says: /deleted 2 times/,
    },
    {
      name: 'a deleted version is updated',
      history: [put([1, 2], 5, 'absent'), remove([3, 4], 5), put([5, 6], 7, 5)],
      says: /written over/,
    },
    {
      name: 'a write is refused though what it expects is there',
      history: [put([1, 2], 5, 'absent'), put([3, 4], 0, 5, refused), read([5, 6], 5)],
      says: /was refused/,
    },
    {
      name: 'revisions against time',
      history: [put([1, 2], 5, 'absent'), put([3, 4], 4, 'absent', { key: 'b' })],
      says: /above/,
    },
    {
      name: 'a list older than what was there',
      history: [put([1, 2], 5, 'absent'), list([3, 4], 4)],
      says: /is of revision 4/,
    },
    {
      name: 'a list without what its revision has',
      history: [put([1, 9], 5, 'absent'), list([2, 3], 6)],
      says: /has nothing, not 5/,
    },
    {
      name: 'a refused write is read',
      history: [
        put([1, 2], 5, 'absent'),
        put([3, 6], 7, 5, { outcome: 'refused', revision: undefined }),
        read([7, 8], 7),
      ],
      says: /was refused, and is there/,
    },
  ])('$name', ({ history, says }) => expect(judgeHistory(history, [key, 'b']).join('\n')).toMatch(says))
})
