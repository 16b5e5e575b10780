/** Every benchmark runs, once and at its smallest, and what it writes can be read: correctness, never time. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { benchmarks } from '../../bench/cases/index.js'
import { output } from './harness/run.js'

const directory = mkdtempSync(join(tmpdir(), 'minik8s-bench-smoke-'))
afterAll(() => rmSync(directory, { recursive: true }))

test('a smoke run of all that ask a server', async () => {
  const names = ['start', ...benchmarks.map(({ name }) => name)]
  await output(
    'node',
    ['hack/bench.mjs', ...names, 'schedule', 'density', '--smoke', '--no-peer', '--write', directory],
    {
      timeoutMs: 170_000,
    },
  )
  const rows = JSON.parse(readFileSync(join(directory, 'figures.json'), 'utf8')) as { name: string }[]
  const expected = [...names, 'schedule', 'density-up', 'density-down']
  expect(rows.map(({ name }) => name)).toEqual(expected)
  expect(readFileSync(join(directory, 'figures.md'), 'utf8').split('\n').length).toBe(expected.length + 3)
  for (const chart of ['ratios.svg', 'growth.svg'])
    expect(readFileSync(join(directory, chart), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
})
