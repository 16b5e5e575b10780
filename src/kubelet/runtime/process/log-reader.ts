/** Reads a container's log back with upstream's options. */
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { LogOptions } from '../../../machinery/node-api.js'
import { type LogFile, logPaths } from './log-file.js'

interface Line {
  time: string
  stream: string
  /** With its end of line, unless more of the same line follows. */
  text: Buffer
}

const newline = 10
const chunkBytes = 64 * 1024

/** `2026-01-02T03:04:05.000000000Z stdout F text\n`; undefined for what is no such line. */
function parseLine(line: Buffer): Line | undefined {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  const third = line.indexOf(' ', second + 1)
  if (first < 0 || second < 0 || third < 0) return undefined
  const partial = line[second + 1] === 'P'.charCodeAt(0)
  return {
    time: line.toString('latin1', 0, first),
    stream: line.toString('latin1', first + 1, second),
    text: line.subarray(third + 1, partial ? line.length - 1 : line.length),
  }
}

/** Lines of an open file from where its handle stands; `rest` keeps what is not a whole line yet. */
async function* linesOf(file: FileHandle, rest: { bytes: Buffer }): AsyncGenerator<Line> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, null)
    if (bytesRead === 0) return
    let data = Buffer.concat([rest.bytes, buffer.subarray(0, bytesRead)])
    for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline)) {
      const line = parseLine(data.subarray(0, end + 1))
      data = data.subarray(end + 1)
      if (line) yield line
    }
    rest.bytes = data
  }
}

const changeOf = (log: LogFile, signal: AbortSignal) =>
  new Promise<void>(resolve => {
    const done = () => {
      stop()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const stop = log.onChange(done)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted || log.ended) done()
  })

/** Everything that is there, and with `follow` what comes until the container ends. */
async function* allLines(log: LogFile, follow: boolean, signal: AbortSignal): AsyncGenerator<Line | 'caught-up'> {
  const rest = { bytes: Buffer.alloc(0) }
  for (const path of logPaths(log.path).slice(0, -1)) {
    const file = await open(path).catch(() => undefined)
    if (!file) continue
    try {
      yield* linesOf(file, rest)
    } finally {
      await file.close()
    }
  }
  for (;;) {
    const { generation } = log
    const file = await open(log.path).catch(() => undefined)
    try {
      for (;;) {
        // Noted before reading: what comes meanwhile is read in the next round.
        const { ended } = log
        const change = follow ? changeOf(log, signal) : undefined
        if (file) yield* linesOf(file, rest)
        yield 'caught-up'
        if (!change || ended || signal.aborted) return
        await change
        if (!file || log.generation !== generation) break
      }
    } finally {
      await file?.close()
    }
  }
}

/** Comparable as text: all stamps have the same form. */
function sinceOf({ sinceTime, sinceSeconds }: LogOptions, now: number): string | undefined {
  if (sinceTime) {
    const fraction = /\.(\d{1,9})/.exec(sinceTime)?.[1] ?? ''
    return `${new Date(Date.parse(sinceTime)).toISOString().slice(0, 19)}.${fraction.padEnd(9, '0')}Z`
  }
  return sinceSeconds === undefined
    ? undefined
    : `${new Date(now - sinceSeconds * 1000).toISOString().slice(0, 23)}000000Z`
}

/** The last `count` lines; pieces of one line count once. */
function tailOf(lines: readonly Line[], count: number): readonly Line[] {
  let from = lines.length
  let whole = 0
  while (from > 0) {
    const ends = lines[from - 1]!.text.at(-1) === newline || from === lines.length
    if (ends && ++whole > count) break
    from--
  }
  return lines.slice(from)
}

async function* selected(
  source: AsyncIterable<Line | 'caught-up'>,
  options: LogOptions & { since: string | undefined },
): AsyncGenerator<Buffer> {
  const { since, tailLines, timestamps, stream = 'All' } = options
  const wanted = (line: Line) =>
    (since === undefined || line.time >= since) && (stream === 'All' || stream.toLowerCase() === line.stream)
  let whole = true
  const print = (line: Line) => {
    const stamped = timestamps && whole ? Buffer.concat([Buffer.from(`${line.time} `), line.text]) : line.text
    whole = line.text.at(-1) === newline
    return stamped
  }
  let held: Line[] | undefined = tailLines === undefined ? undefined : []
  for await (const line of source) {
    if (line === 'caught-up') {
      for (const last of tailOf(held ?? [], tailLines ?? 0)) yield print(last)
      held = undefined
    } else if (!wanted(line)) continue
    else if (!held) yield print(line)
    else {
      held.push(line)
      if (held.length > 2 * (tailLines ?? 0) + 1024) held = [...tailOf(held, tailLines ?? 0)]
    }
  }
}

/** `now`: milliseconds since the epoch. */
export function readLog(log: LogFile, options: LogOptions & { now: number }, signal: AbortSignal): Readable {
  const since = sinceOf(options, options.now)
  const lines = allLines(log, options.follow ?? false, signal)
  return Readable.from(selected(lines, { ...options, since }), { objectMode: false })
}
