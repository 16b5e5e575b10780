import { expect, test } from '@jest/globals'
import { UsageError } from './flags.js'
import { historyAgeOf } from './history-age.js'

const flag = 'etcd-compaction-interval'

test.each([
  { given: undefined, ms: undefined },
  { given: '5m0s', ms: 300_000 },
  { given: '1h30m', ms: 5_400_000 },
  { given: '0', ms: 0 },
  { given: '250ms', ms: 250 },
])('$given keeps history for $ms ms', ({ given, ms }) => {
  expect(historyAgeOf(given === undefined ? {} : { [flag]: given })).toBe(ms)
})

test.each(['-1s', '5', 'soon', ''])('"%s" is refused', given => {
  expect(() => historyAgeOf({ [flag]: given })).toThrow(
    new UsageError(`--${flag} must be a duration such as 5m, not ${JSON.stringify(given)}`),
  )
})
