/** The short version of `npm run safety crash-each-write`: all kills of a scenario in one run. */
import { expect, test } from '@jest/globals'
import { startTestCluster } from '../../../src/controllers/testing/cluster.js'
import { differences, play } from './crash-each-write.js'
import { scenarios } from './scenarios/index.js'

test.each(scenarios)(
  '$name, killed after each write of $accounts',
  async scenario => {
    const undisturbed = await play(scenario, 'never')
    expect(undisturbed.idle).toEqual([])
    const killed = await play(scenario, 'each')
    expect(killed.deaths).toBeGreaterThan(0)
    expect(differences(undisturbed, killed)).toEqual([])
    expect([...undisturbed.violations, ...killed.violations]).toEqual([])
  },
  60_000,
)

test('every controller has its part', async () => {
  const present = new Set<string>()
  await using _ = await startTestCluster({
    wrapClient(client, account) {
      present.add(account)
      return client
    },
  })
  const played = new Set(scenarios.flatMap(({ accounts }) => accounts))
  expect([...present].filter(account => !played.has(account))).toEqual([])
})
