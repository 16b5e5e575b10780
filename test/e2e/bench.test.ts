/** Every benchmark runs, once and at its smallest, and what it writes can be read: correctness, never time. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { benchmarks } from '../../bench/cases/index.js'
import { output } from './harness/run.js'

const directory = mkdtempSync(join(tmpdir(), 'minik8s-bench-smoke-'))
afterAll(() => rmSync(directory, { recursive: true }))

interface Row {
  name: string
  wallMs: { minik8s: { median: number } }
}

async function smoke(names: readonly string[]): Promise<Row[]> {
  const options = ['--smoke', '--no-peer', '--write', directory]
  await output('node', ['hack/bench.mjs', ...names, ...options], { timeoutMs: 170_000 })
  return JSON.parse(readFileSync(join(directory, 'figures.json'), 'utf8')) as Row[]
}

test('a smoke run of all that ask a server', async () => {
  const names = ['start', ...benchmarks.map(({ name }) => name)]
  const rows = await smoke(names)
  expect(rows.map(({ name }) => name)).toEqual(names)
  expect(readFileSync(join(directory, 'figures.md'), 'utf8').split('\n').length).toBe(names.length + 3)
  for (const chart of ['ratios.svg', 'growth.svg'])
    expect(readFileSync(join(directory, chart), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
})

test('a smoke run of those on whole control planes: all pods are bound, Ready, and gone', async () => {
  const rows = await smoke(['schedule', 'density'])
  expect(rows.map(({ name }) => name)).toEqual(['schedule', 'density-up', 'density-down'])
  for (const { wallMs } of rows) expect(wallMs.minik8s.median).toBeGreaterThan(0)
})
