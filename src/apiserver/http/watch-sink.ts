/** Where the events of a watch go: the body of an answer, or the messages of a WebSocket. */
import type { ServerResponse } from 'node:http'
import { protobufWatchType } from '../../machinery/protobuf/watch-frame.js'
import type { RegistryEvent } from '../../registry/rest.js'
import type { AcceptedForm } from '../negotiate/accept.js'
import { acceptAnyProtocol, asksForWebSocket } from '../streaming/websocket/open-handshake.js'
import type { Exchange } from './exchange.js'
import { writeHead } from './send.js'
import type { Join } from './watch-frames.js'

export interface WatchSink {
  readonly isGone: boolean
  /** Returns how many bytes the events took; `onFull` has been called when no more should come for now. */
  write(events: readonly RegistryEvent[]): number
  end(): void
}

/** What a sink tells of its client. */
interface SinkState {
  onFull(): void
  onDrain(): void
}

function bodySink(response: ServerResponse, join: Join, { onFull, onDrain }: SinkState): WatchSink {
  response.on('drain', onDrain)
  return {
    get isGone() {
      return response.destroyed
    },
    write(events) {
      const bytes = join(events)
      if (!response.write(bytes)) onFull()
      return bytes.length
    },
    end: () => response.end(),
  }
}

/** Frames of protobuf begin with their length, which messages know anyway. */
const lengthBytes = 4
const normalClosure = 1000

/** Each event is a message. */
async function socketSink(
  { request, response }: Exchange,
  { join, form }: SinkForm,
  { onFull, onDrain }: SinkState,
): Promise<WatchSink | undefined> {
  const { socket } = response
  const ws = socket && (await acceptAnyProtocol(request, socket))
  if (!ws) return undefined
  const binary = form.encoding === 'protobuf'
  socket.on('drain', onDrain)
  return {
    get isGone() {
      return ws.readyState !== ws.OPEN
    },
    write(events) {
      let sent = 0
      for (const event of events) {
        const frame = join([event])
        const message = binary ? frame.subarray(lengthBytes) : frame
        ws.send(message, { binary })
        sent += message.length
      }
      if (socket.writableNeedDrain) onFull()
      return sent
    },
    end() {
      ws.close(normalClosure)
      socket.end()
    },
  }
}

interface SinkForm {
  form: AcceptedForm
  join: Join
}

/** Begins the answer. Undefined when the client's wish for a WebSocket was refused: it has been told. */
export async function openWatchSink(
  exchange: Exchange,
  form: SinkForm,
  state: SinkState,
): Promise<WatchSink | undefined> {
  if (asksForWebSocket(exchange.request)) return socketSink(exchange, form, state)
  const contentType = form.form.encoding === 'protobuf' ? protobufWatchType : 'application/json'
  writeHead(exchange, 200, { 'Content-Type': contentType })
  exchange.response.flushHeaders()
  return bodySink(exchange.response, form.join, state)
}
