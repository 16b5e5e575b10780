/**
 * `npm run differential -- [--requests N] [--seed N] [--kinds a,b] [--only scenario] [--peer KUBECONFIG] [--ours KUBECONFIG] [--report FILE]
 * [--groups N] [--record] [--trace FILE]`: plays the same requests against minik8s and the stock kube-apiserver and tells what differs.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { hasStock } from '../../bench/servers/stock.js'
import { loadSchemas } from '../../src/apis/generated/schema.js'
import { accepted } from './accepted.js'
import { generateTwins } from './generate.js'
import { newRecording } from './golden.js'
import { newReport } from './report.js'
import { run } from './run.js'
import { sideOf, startOurs, startPeer } from './servers.js'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    kinds: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    peer: { type: 'string' },
    ours: { type: 'string' },
    report: { type: 'string' },
    groups: { type: 'string', default: '40' },
    record: { type: 'boolean' },
    trace: { type: 'string' },
  },
})
/** Enough for each kind and each verb; CI replays them in seconds. */
const goldenRequests = 900
const goldenDirectory = 'test/golden/differential'
const say = (text: string) => process.stderr.write(`${text}\n`)
const wordsOf = (text: string) => text.split(',').filter(Boolean)

if (!values.peer && !hasStock()) {
  say(
    'There is no stock server to compare with: neither --peer KUBECONFIG nor kube-apiserver and etcd in $PEER_CACHE/bin (~/.cache/k8s-peer/bin).',
  )
  process.exit(2)
}
const begin = performance.now()
const [stock, ours] = await Promise.all([
  values.peer ? sideOf('stock', values.peer) : startPeer(),
  values.ours ? sideOf('ours', values.ours) : startOurs(),
])
// On a server that others use as well, names must not be met again.
const prefix = values.peer || values.ours ? `d${Date.now().toString(36)}` : 'd'
const options = {
  seed: Number(values.seed),
  requests: Number(values.requests),
  kinds: wordsOf(values.kinds),
  only: wordsOf(values.only),
  prefix,
  schemas: loadSchemas(),
}
try {
  const report = newReport(accepted)
  const recording = newRecording(goldenRequests)
  const counts = await run(
    generateTwins(options),
    { stock, ours },
    {
      found: report.add,
      isExplained: report.explains,
      chance: report.addChance,
      ended: recording.take,
      answered(step, answers) {
        if (answers.ours.status >= 500 && answers.stock.status < 500)
          say(`${answers.ours.status}: ${step.method} ${step.path}`)
        if (values.trace) appendFileSync(values.trace, `${JSON.stringify({ step, ...answers })}\n`)
      },
    },
  )
  const seconds = Math.round((performance.now() - begin) / 1000)
  const title =
    `${counts.requests} requests in ${seconds} s, seed ${options.seed}: ${counts.differing} answers differ unexplained or accepted, ` +
    `${report.unexplained} unexplained differences of ${report.groups} sorts, ${report.chances} that were not there when played again; ` +
    `${counts.skipped} requests skipped after the servers parted`
  if (values.report) writeFileSync(values.report, `${title}\n\n${report.text()}\n`)
  console.log(`${report.text(Number(values.groups))}\n\n${title}`)
  if (values.record) say(`${recording.write(goldenDirectory)} requests recorded in ${goldenDirectory}`)
  process.exitCode = report.unexplained ? 1 : 0
} finally {
  const log = 'log' in ours ? String(ours.log) : ''
  if (existsSync(log) && readFileSync(log, 'utf8').trim())
    say(`our server's log ends:\n${readFileSync(log, 'utf8').slice(-2000)}`)
  await stock.stop()
  await ours.stop()
}
