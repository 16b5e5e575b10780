/** Plays broken requests against a server and counts what it answers. */
import { type BrokenRequest, brokenRequest } from './broken-requests.js'
import { type Chance, newChance } from './random.js'
import { type Connect, sendRaw } from './raw-http.js'

export interface MalformedOptions {
  connect: Connect
  /** Of an administrator, so that requests get past authorization. */
  authorization: string
  requests: number
  seed: number
  /** At once. */
  parallel?: number
  /** Called now and then, between requests. */
  onProgress?(done: number): void
}

export interface MalformedReport {
  /** Answers by code; 0: the connection ended without one. */
  codes: Map<number, number>
  /** Requests that were answered with a 5xx. */
  failures: { way: string; code: number; request: BrokenRequest }[]
}

async function playSome(options: MalformedOptions, chance: Chance, report: MalformedReport, left: () => boolean) {
  while (left()) {
    const { way, request } = brokenRequest(chance)
    const code = await sendRaw(options.connect, request, options.authorization)
    report.codes.set(code, (report.codes.get(code) ?? 0) + 1)
    if (code >= 500) report.failures.push({ way, code, request })
  }
}

/** Rejects when the server cannot be connected to: it is gone. */
export async function playMalformed(options: MalformedOptions): Promise<MalformedReport> {
  const { requests, seed, parallel = 4, onProgress } = options
  const chance = newChance(seed)
  const report: MalformedReport = { codes: new Map(), failures: [] }
  let begun = 0
  const left = () => {
    if (begun >= requests) return false
    if (++begun % 500 === 0) onProgress?.(begun)
    return true
  }
  await Promise.all(Array.from({ length: parallel }, () => playSome(options, chance, report, left)))
  return report
}

/** One line to reproduce it by. */
export function describeFailure({ way, code, request }: MalformedReport['failures'][number]): string {
  const { method, path, headers, body, framing } = request
  const shown = body ? JSON.stringify(body.toString('latin1').slice(0, 300)) : ''
  return `${code} ${way}: ${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)} ${framing ?? ''} ${shown}`
}
