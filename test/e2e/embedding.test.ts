/** The package as a library, as it is published: the examples run, and its types serve a program that is compiled against them. */
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { examples } from './harness/cluster.js'

const root = dirname(examples)

const run = promisify(execFile)
const node = (args: string[], options: { cwd?: string } = {}) => run(process.execPath, args, { cwd: root, ...options })

test('the example for node:test passes', async () => {
  const { stdout } = await node(['--test', 'examples/embedding/node-test/'])
  expect(stdout).toMatch(/^# pass 3$/m)
})

test('the example for jest passes', async () => {
  const jest = join(root, 'node_modules/jest/bin/jest.js')
  const { stderr } = await node([
    ...['--experimental-vm-modules', '--no-warnings', jest],
    ...['-c', 'examples/embedding/jest/jest.config.mjs'],
  ])
  expect(stderr).toMatch(/3 passed, 3 total/)
})

const program = `
import { startCluster, kinds, isReason, type TestCluster } from 'minik8s'
export async function replicas(cluster: TestCluster): Promise<number | undefined> {
  const { spec } = await cluster.client.get(kinds.deployment, { name: 'web', namespace: 'default' })
  cluster.faults.inject({ verbs: ['get'], resources: 'pods', code: 429 })
  return spec?.replicas
}
export const start = (): Promise<TestCluster> => startCluster({ runtime: 'sim' })
export const isGone = (error: unknown): boolean => isReason(error, 'NotFound')
// @ts-expect-error a code that there is no fault for
export const wrong = (cluster: TestCluster) => cluster.faults.inject({ code: 418 })
`

test('the types serve a strict program', async () => {
  await node(['hack/declarations.mjs'])
  const directory = join(root, 'examples/embedding/.types')
  mkdirSync(directory, { recursive: true })
  try {
    writeFileSync(join(directory, 'program.mts'), program)
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--types', 'node']
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    await node([tsc, ...options, '--ignoreConfig', 'program.mts'], { cwd: directory }).catch(error => {
      throw new Error(error.stdout)
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
