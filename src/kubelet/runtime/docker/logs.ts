/** Reads a container's output back from Docker's json-file logs, with upstream's options. */
import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { LogOptions } from '../../../machinery/node-api.js'
import { demultiplex } from './demultiplex.js'
import { asking } from './errors.js'

/** Docker takes seconds with a fraction of nanoseconds. RFC 3339 text may carry more digits than a Date holds. */
export function sinceParameter({ sinceTime, sinceSeconds }: LogOptions, now: number): string | undefined {
  if (sinceTime) {
    const fraction = /\.(\d{1,9})/.exec(sinceTime)?.[1] ?? ''
    return `${Math.floor(Date.parse(sinceTime) / 1000)}.${fraction.padEnd(9, '0')}`
  }
  if (sinceSeconds === undefined) return undefined
  return (now / 1000 - sinceSeconds).toFixed(9)
}

/** dockerode's own call reads logs without `follow` into a string, which would not survive binary output. */
function openLogs(docker: Docker, id: string, query: object): Promise<Readable> {
  const request = {
    path: `/containers/${id}/logs?`,
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
    options: query,
  }
  return new Promise((resolve, reject) => {
    docker.modem.dial(request, (error: unknown, stream: unknown) =>
      error ? reject(error) : resolve(stream as Readable),
    )
  })
}

async function* selected(source: AsyncIterable<Buffer>, stream: LogOptions['stream']): AsyncGenerator<Buffer> {
  const wanted = stream === 'Stdout' ? 'stdout' : stream === 'Stderr' ? 'stderr' : undefined
  for await (const [from, data] of demultiplex(source)) if (!wanted || wanted === from) yield data
}

interface LogSource {
  docker: Docker
  id: string
  /** Milliseconds since the epoch. */
  now: number
}

export async function readLogs(from: LogSource, options: LogOptions, signal: AbortSignal): Promise<Readable> {
  const { docker, id, now } = from
  const since = sinceParameter(options, now)
  const query = {
    stdout: true,
    stderr: true,
    ...(options.follow && { follow: true }),
    ...(options.timestamps && { timestamps: true }),
    ...(since !== undefined && { since }),
    ...(options.tailLines !== undefined && { tail: options.tailLines }),
  }
  const { Config } = await asking(docker.getContainer(id).inspect())
  const source = await asking(openLogs(docker, id, query))
  const stop = () => source.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  source.once('close', () => signal.removeEventListener('abort', stop))
  return Config.Tty ? source : Readable.from(selected(source, options.stream), { objectMode: false })
}
