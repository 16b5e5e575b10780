/** Replays what the stock server answered (test/golden/differential) against our server: each answer is the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { accepted } from './accepted.js'
import { differences } from './compare.js'
import { type Connection, newConnection } from './connection.js'
import { type GoldenSequence, readGolden } from './golden.js'
import { startOurServer } from './our-server.js'
import { newPlayer } from './play.js'
import type { RunningSide } from './servers.js'

const golden = readGolden(fileURLToPath(new URL('../golden/differential', import.meta.url)))

let directory: string
let server: RunningSide
let connection: Connection

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'minik8s-golden-'))
  server = await startOurServer(directory, 0)
  connection = newConnection(server)
})
afterAll(async () => {
  connection.close()
  await server.stop()
  rmSync(directory, { recursive: true })
})

async function replay({ name, steps }: GoldenSequence): Promise<string[]> {
  const player = newPlayer(connection)
  const found: string[] = []
  for (const [at, { step, answer: stock }] of steps.entries()) {
    const ours = await player.play(step)
    for (const difference of differences(stock, ours)) {
      const whole = { ...difference, sequence: name, step, at, answers: { stock, ours } }
      if (!accepted.some(a => a.matches(whole)))
        found.push(`#${at} ${difference.path}: ${difference.nature} ${JSON.stringify(difference.ours)?.slice(0, 300)}`)
    }
  }
  return found
}

describe.each(golden)('%s', (_, sequences) => {
  test.each(sequences.map(s => [s.name, s.steps.at(-1)?.step.kind, s] as const))('%s: %s', async (_, __, sequence) => {
    expect(await replay(sequence)).toEqual([])
  })
})
