/** Exec and attach over SPDY: waits for the streams that the client announced, then runs the command. */
import type { Duplex } from 'node:stream'
import type { Timer } from '../../../machinery/clock.js'
import { formatExecStatus } from '../exec-status.js'
import { type RemoteCommand, runRemoteCommand } from '../remote-command.js'
import { defaultStreamCreationTimeoutMs, type remoteCommandProtocols, type StreamingDeps } from '../streaming.js'
import { SpdyConnection } from './spdy-connection.js'
import type { SpdyStream } from './spdy-stream.js'

type Protocol = (typeof remoteCommandProtocols)[number]
type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize'

/** How long a client may take to close after our goodbye. */
const lingerMs = 10_000

/** The streams that such a request must open. */
function expectedStreams({ options }: RemoteCommand, protocol: Protocol): StreamType[] {
  const resizable = protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io'
  const expected: StreamType[] = ['error']
  for (const type of ['stdin', 'stdout', 'stderr'] as const) if (options[type]) expected.push(type)
  if (options.tty && resizable) expected.push('resize')
  return expected
}

/** Gathers streams by their type; undefined when the client takes too long or leaves. */
class StreamCollector {
  readonly streams = new Map<string, SpdyStream>()
  private readonly timer: Timer
  private settle: (complete: boolean) => void = () => {}
  readonly complete: Promise<boolean>

  constructor(
    private readonly expected: readonly StreamType[],
    { clock, streamCreationTimeoutMs = defaultStreamCreationTimeoutMs }: StreamingDeps,
  ) {
    this.complete = new Promise(resolve => {
      this.settle = resolve
    })
    this.timer = clock.after(streamCreationTimeoutMs, () => this.settle(false))
  }

  /** False for a stream that was not announced, or comes twice. */
  add(stream: SpdyStream): boolean {
    const type = stream.headers.streamtype ?? ''
    if (!this.expected.includes(type as StreamType) || this.streams.has(type)) return false
    this.streams.set(type, stream)
    if (this.streams.size === this.expected.length) this.finish(true)
    return true
  }

  finish(complete: boolean): void {
    this.timer.cancel()
    this.settle(complete)
  }
}

function writeAndEnd(stream: SpdyStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject).once('close', () => resolve())
    stream.end(text, () => resolve())
  })
}

/** Serves one exec or attach on an upgraded connection; resolves when it is closed. */
export async function serveSpdyRemoteCommand(
  transport: Duplex,
  { command, protocol }: { command: RemoteCommand; protocol: Protocol },
  deps: StreamingDeps,
): Promise<void> {
  const collector = new StreamCollector(expectedStreams(command, protocol), deps)
  const gone = new AbortController()
  const connection = new SpdyConnection(transport, stream => collector.add(stream))
  const running = connection.run().then(() => {
    collector.finish(false)
    gone.abort()
  })
  if (await collector.complete) {
    const stream = (type: StreamType) => collector.streams.get(type)
    const errorStream = stream('error')!
    const stdin = stream('stdin')
    await runRemoteCommand(command, {
      stdin,
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      resize: stream('resize'),
      signal: gone.signal,
      writeStatus: status => writeAndEnd(errorStream, formatExecStatus(status, protocol === 'v4.channel.k8s.io')),
    })
    // Nobody reads it any more, and a full stream would keep the client's goodbye from being read.
    stdin?.resume()
  }
  connection.close()
  // The client closes as soon as it has seen the end.
  const linger = deps.clock.after(lingerMs, () => transport.destroy())
  await running
  linger.cancel()
}
