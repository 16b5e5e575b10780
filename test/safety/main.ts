/** `npm run safety -- CHECK [--requests N] [--kills N] [--seed N]`: plays a check of goals "safety" against the built server. */
import { dirname, join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startMinik8s } from '../../bench/servers/minik8s.js'
import { freePort } from '../../bench/servers/processes.js'
import { collectedHeap } from './heap.js'
import { playKubeletRestart } from './kubelet-restart.js'
import { describeFailure, playMalformed } from './malformed.js'
import { noise, oddStreams } from './odd-streams.js'
import { newChance } from './random.js'

const say = (text: string) => process.stdout.write(`${text}\n`)

/** What is played before memory is first looked at: caches fill, code is compiled. */
const warmUpShare = 5
/** How much of the heap may be more than it was then: what caches still take in, and no more. */
const mostGrowth = 0.25

interface Settings {
  requests: number
  kills: number
  seed: number
}

async function malformed({ requests, seed }: Settings): Promise<boolean> {
  const inspector = await freePort()
  const server = await startMinik8s({ inspector })
  const { hostname, port } = new URL(server.url)
  const connect = () =>
    new Promise<TLSSocket>((resolve, reject) => {
      const options = { host: hostname, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }
      const socket: TLSSocket = connectTls({ ...options, ...server.tls }, () => resolve(socket))
      socket.on('error', reject)
    })
  const play = (count: number, from: number) =>
    playMalformed({
      connect,
      authorization: '',
      requests: count,
      seed: from,
      onProgress: done => say(`  ${done} played`),
    })
  try {
    say(`malformed: ${requests} requests, seed ${seed}`)
    const first = await play(Math.ceil(requests / warmUpShare), seed)
    const before = await collectedHeap(inspector)
    const second = await play(requests - Math.ceil(requests / warmUpShare), seed + 1)
    const chance = newChance(seed)
    const streamed: number[] = []
    for (let i = 0; i < 20; i++) streamed.push(...(await oddStreams(server.url, '', chance)))
    for (let i = 0; i < 20; i++) await noise(server.url, chance)
    const after = await collectedHeap(inspector)
    const failures = [...first.failures, ...second.failures]
    const broken = streamed.filter(code => code >= 500)
    const codes = new Map(first.codes)
    for (const [code, count] of second.codes) codes.set(code, (codes.get(code) ?? 0) + count)
    for (const failure of failures.slice(0, 20)) say(`  ${describeFailure(failure)}`)
    say(
      `  answers: ${[...codes]
        .sort()
        .map(([code, count]) => `${code || 'none'} × ${count}`)
        .join(', ')}`,
    )
    say(`  HTTP/2: ${streamed.length} answers to odd streams, ${broken.length} of them 5xx`)
    say(`  heap: ${before.toFixed(1)} MB after the first fifth, ${after.toFixed(1)} MB at the end`)
    say(`  ${failures.length + broken.length} answers of 5xx`)
    const isFlat = after <= before * (1 + mostGrowth)
    if (!isFlat) say(`  memory grows: more than ${mostGrowth * 100} % in use than after the first fifth`)
    return failures.length + broken.length === 0 && isFlat
  } finally {
    await server.stop()
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
})
const program = join(dirname(fileURLToPath(import.meta.url)), '../minik8s.js')
const checks: Record<string, (settings: Settings) => Promise<boolean>> = {
  malformed,
  'kubelet-restart': settings => playKubeletRestart({ ...settings, program, say }),
}
const check = checks[positionals[0] ?? '']
if (!check) {
  say(`Usage: npm run safety -- ${Object.keys(checks).join('|')} [--requests N] [--kills N] [--seed N]`)
  process.exitCode = 2
} else if (
  !(await check({ requests: Number(values.requests), kills: Number(values.kills), seed: Number(values.seed) }))
)
  process.exitCode = 1
