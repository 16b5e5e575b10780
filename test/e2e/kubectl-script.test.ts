/**
 * One script of commands, played by each kubectl against minik8s, says what it says against a stock kube-apiserver v1.34.4. Controllers and
 * scheduler are off on both sides, so that only the API server speaks. The parts in fixtures/kubectl/script/ are played in order on one
 * cluster. What stock said is recorded in test/golden/kubectl/: everything for the newest version, for the others only what differs. The
 * oldest and the newest play everything, those between the first two parts, for time's sake, unless MINIK8S_SCRIPT=whole. To record it
 * again (kube-apiserver and etcd v1.34.4 in DIR; never edit what is recorded):
 *   MINIK8S_STOCK_BIN=DIR MINIK8S_RECORD=kubectl npm test e2e kubectl-script
 * KUBECTL_DIR may name a directory with one more kubectl.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { findKubectls, type Kubectl, versionOf } from './harness/kubectl.js'
import { output } from './harness/run.js'
import { byCommand, commandsOf, type Entry, formatTranscript, parseTranscript, play } from './harness/script.js'
import { StockServer } from './harness/stock.js'

const here = dirname(fileURLToPath(import.meta.url))
const fixtures = join(here, 'fixtures/kubectl')
const golden = join(here, '../golden/kubectl')
const parts = readdirSync(join(fixtures, 'script')).sort()
const readPart = (name: string) => commandsOf(readFileSync(join(fixtures, 'script', name), 'utf8'))
const commands = parts.flatMap(readPart)
const base = '1.34'

const kubectls = findKubectls().map(k => (k.version === 'path' ? { ...k, version: versionOf(k.program) } : k))
const fileOf = (version: string) => join(golden, `v${version}.txt`)
const readTranscript = (version: string) => parseTranscript(readFileSync(fileOf(version), 'utf8'))

async function transcriptOf(
  { kubeconfig }: { kubeconfig: string },
  { program }: Kubectl,
  script: readonly string[] = commands,
): Promise<Entry[]> {
  const directory = mkdtempSync(join(tmpdir(), 'minik8s-script-'))
  try {
    const server = ['config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}']
    const port = (await output(program, ['--kubeconfig', kubeconfig, ...server])).split(':').at(-1)!
    return await play(script, { directory, fixtures, port, kubectl: program, kubeconfig })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function record(kubectl: Kubectl): Promise<void> {
  await using server = new StockServer()
  await server.start()
  let entries = await transcriptOf(server, kubectl)
  if (kubectl.version !== base) {
    const known = byCommand(readTranscript(base))
    const said = [...byCommand(entries)].filter(([key, text]) => known.get(key) !== text)
    entries = said.map(([command, text]) => ({ command, said: text }))
  }
  writeFileSync(fileOf(kubectl.version), formatTranscript(entries))
}

/** What stock said to that version. */
function expected(version: string): Map<string, string> {
  const said = byCommand(readTranscript(base))
  if (version !== base) for (const { command, said: text } of readTranscript(version)) said.set(command, text)
  return said
}

const tested = kubectls.filter(k => existsSync(fileOf(k.version)))
const partly = parts.slice(0, 2).flatMap(readPart)
const isWhole = (kubectl: Kubectl) =>
  process.env.MINIK8S_SCRIPT === 'whole' || kubectl === tested[0] || kubectl === tested.at(-1)

if (process.env.MINIK8S_RECORD === 'kubectl')
  test.each(kubectls.toReversed())('record kubectl $version', record, 600_000)
else
  test.concurrent.each(tested)(
    'kubectl $version says what it says against a stock server',
    async kubectl => {
      await using cluster = new TestCluster({
        runtime: 'none',
        flags: ['--controllers', 'none', '--scheduler', 'false'],
      })
      await cluster.start()
      const stock = expected(kubectl.version)
      const entries = await transcriptOf(cluster, kubectl, isWhole(kubectl) ? commands : partly)
      const differing = [...byCommand(entries)].filter(([key, said]) => said !== stock.get(key))
      expect(Object.fromEntries(differing)).toEqual(Object.fromEntries(differing.map(([k]) => [k, stock.get(k)])))
    },
    600_000,
  )

test('every recorded version is of this script, and one of them is of all of it', () => {
  const known = [...byCommand(commands.map(command => ({ command, said: '' }))).keys()]
  expect(readTranscript(base).map(({ command }) => command)).toEqual(commands)
  for (const file of readdirSync(golden))
    for (const { command } of parseTranscript(readFileSync(join(golden, file), 'utf8')))
      expect(known).toContain(command)
})
