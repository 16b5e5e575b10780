/** `npm run safety -- malformed [--requests N] [--seed N]`: plays a check of goals "safety" against the built server. */
import { readFileSync } from 'node:fs'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { parseArgs } from 'node:util'
import { startMinik8s } from '../../bench/servers/minik8s.js'
import { describeFailure, playMalformed } from './malformed.js'
import { noise, oddStreams } from './odd-streams.js'
import { newChance } from './random.js'

const say = (text: string) => process.stdout.write(`${text}\n`)

/** Megabytes that a process has resident. */
function residentMegabytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
  return (pages * 4096) / 2 ** 20
}

/** What is played before memory is first looked at: caches fill, code is compiled. */
const warmUpShare = 5

interface Settings {
  requests: number
  seed: number
}

async function malformed({ requests, seed }: Settings): Promise<boolean> {
  const server = await startMinik8s()
  const { hostname, port } = new URL(server.url)
  const connect = () =>
    new Promise<TLSSocket>((resolve, reject) => {
      const options = { host: hostname, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }
      const socket: TLSSocket = connectTls({ ...options, ...server.tls }, () => resolve(socket))
      socket.on('error', reject)
    })
  const pid = server.pids[0]!
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
    const before = residentMegabytes(pid)
    const second = await play(requests - Math.ceil(requests / warmUpShare), seed + 1)
    const chance = newChance(seed)
    const streamed: number[] = []
    for (let i = 0; i < 20; i++) streamed.push(...(await oddStreams(server.url, '', chance)))
    for (let i = 0; i < 20; i++) await noise(server.url, chance)
    const after = residentMegabytes(pid)
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
    say(`  memory: ${before.toFixed(0)} MB after the first fifth, ${after.toFixed(0)} MB at the end`)
    say(`  ${failures.length + broken.length} answers of 5xx`)
    return failures.length + broken.length === 0
  } finally {
    await server.stop()
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
})
const checks: Record<string, (settings: Settings) => Promise<boolean>> = { malformed }
const check = checks[positionals[0] ?? '']
if (!check) {
  say(`Usage: npm run safety -- ${Object.keys(checks).join('|')} [--requests N] [--seed N]`)
  process.exitCode = 2
} else if (!(await check({ requests: Number(values.requests), seed: Number(values.seed) }))) process.exitCode = 1
