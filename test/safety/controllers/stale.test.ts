/** The short version of `npm run safety stale`: the controllers that make pods, one game each. */
import { expect, test } from '@jest/globals'
import { playStale } from '../checks/stale.js'
import { jobs } from './scenarios/jobs.js'
import { workloads } from './scenarios/workloads.js'

test.each([...workloads, ...jobs])(
  '$name, with caches that lag: no newer object is deleted, the invariants hold',
  async scenario => {
    expect(await playStale(scenario, 1)).toEqual([])
  },
  60_000,
)
