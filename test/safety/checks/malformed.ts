/** `malformed`: broken requests, over HTTP/1.1 byte for byte and over HTTP/2, are refused and leave nothing behind. */
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { CheckSettings, OwnServer, SafetyCheck } from '../check.js'
import { describeFailure, type MalformedReport, playMalformed } from '../malformed.js'
import { collectedMemory } from '../memory.js'
import { noise, oddStreams } from '../odd-streams.js'
import { newChance } from '../random.js'

/** What is played before memory is first looked at: caches fill, code is compiled. */
const warmUpShare = 5
/** How much more memory may be in use than was then: what caches still take in, and no more. */
const mostGrowth = 0.25

function connectorOf({ url, tls }: OwnServer) {
  const { hostname, port } = new URL(url)
  return () =>
    new Promise<TLSSocket>((resolve, reject) => {
      const options = { host: hostname, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }
      const socket: TLSSocket = connectTls({ ...options, ...tls }, () => resolve(socket))
      socket.on('error', reject)
    })
}

/** Codes of the answers to odd streams. */
async function playStreams({ url }: OwnServer, seed: number): Promise<number[]> {
  const chance = newChance(seed)
  const codes: number[] = []
  for (let i = 0; i < 20; i++) codes.push(...(await oddStreams(url, '', chance)))
  for (let i = 0; i < 20; i++) await noise(url, chance)
  return codes
}

const shownCodes = (reports: readonly MalformedReport[]): string => {
  const counts = new Map<number, number>()
  for (const { codes } of reports) for (const [code, count] of codes) counts.set(code, (counts.get(code) ?? 0) + count)
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([code, count]) => `${code || 'none'} × ${count}`)
    .join(', ')
}

async function play(server: OwnServer, { long, seed, say }: CheckSettings): Promise<string[]> {
  const requests = long ? 10_000 : 300
  const connect = connectorOf(server)
  const first = Math.ceil(requests / warmUpShare)
  const some = (count: number, from: number) =>
    playMalformed({
      connect,
      authorization: '',
      requests: count,
      seed: from,
      ...(long && { onProgress: n => say(`  ${n} played`) }),
    })
  const warmUp = await some(first, seed)
  const memory = () => (server.inspector === undefined ? undefined : collectedMemory(server.inspector))
  const before = await memory()
  const rest = await some(requests - first, seed + 1)
  const streamed = long ? await playStreams(server, seed) : []
  const after = await memory()
  say(`  answers: ${shownCodes([warmUp, rest])}; to ${streamed.length} odd streams of HTTP/2 as well`)
  const found = [...warmUp.failures, ...rest.failures].map(describeFailure)
  for (const code of streamed) if (code >= 500) found.push(`${code} to an odd stream`)
  if (before === undefined || after === undefined) return found
  say(`  memory: ${before.toFixed(1)} MB after the first fifth, ${after.toFixed(1)} MB at the end`)
  if (after > before * (1 + mostGrowth)) found.push(`memory grows by more than ${mostGrowth * 100} %`)
  return found
}

export const malformed: SafetyCheck = {
  name: 'malformed',
  claim: 'no broken request is answered with a 5xx, and memory stays flat',
  async run(settings) {
    const server = await settings.startServer({ inspected: settings.long })
    try {
      return await play(server, settings)
    } finally {
      await server.stop()
    }
  },
}
