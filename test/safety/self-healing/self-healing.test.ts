/** The short version of `npm run safety self-healing`. */
import { expect, test } from '@jest/globals'
import { playSelfHealing } from './play.js'

test.each([1, 2])(
  'machines, containers and controllers die at random, and everything heals: seed %d',
  async seed => {
    expect((await playSelfHealing({ seed, blows: 8 })).findings).toEqual([])
  },
  60_000,
)
