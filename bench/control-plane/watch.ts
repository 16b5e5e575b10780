/** Follows objects of a control plane as they change, over one connection, for as long as a trial lasts. */
import type { ClientHttp2Session } from 'node:http2'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as pause } from 'node:timers/promises'
import { connectSession } from '../http.js'
import type { Trial } from './trial.js'

export interface WatchedObject {
  metadata: { name: string; uid: string; resourceVersion: string; deletionTimestamp?: string }
  status?: { readyReplicas?: number }
}

type Take = (type: string, object: WatchedObject) => void

/** Calls back with each object as its line is complete. */
function newLineReader(take: Take): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return chunk => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as { type: string; object: WatchedObject }
      take(type, object)
    }
  }
}

export interface WatchRequest {
  path: string
  accept?: string
}

/** One answer of the server: `opened` is called with its status; resolves when it has ended, whatever ended it. */
function readOnce(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  { opened, take }: { opened(status: number): void; take: Take },
): Promise<void> {
  return new Promise(resolve => {
    const stream = session.request(headers)
    // What an error says is said by the end as well.
    stream.on('error', () => {})
    stream.on('response', ({ ':status': status = 0 }) => opened(status))
    stream.on('data', newLineReader(take))
    stream.on('close', resolve)
  })
}

const againAfterMs = 100

/**
 * `take` is called with what is there, too. Resolves when the watch is established. One that ends, or whose connection does, goes on
 * where it was; one whose history is gone begins anew, so `take` may hear of an object again.
 */
export async function openWatch(
  { plane, signal }: Trial,
  { path, accept = 'application/json' }: WatchRequest,
  take: Take,
) {
  let session = connectSession(plane)
  signal.addEventListener('abort', () => session.destroy(), { once: true })
  let seen = ''
  const read: Take = (type, object) => {
    seen = type === 'ERROR' ? '' : object.metadata.resourceVersion
    if (type !== 'ERROR') take(type, object)
  }
  return new Promise<void>((resolve, reject) => {
    const opened = (status: number) => {
      if (status === 200) resolve()
      else seen = ''
    }
    const follow = async () => {
      while (!signal.aborted) {
        if (session.closed || session.destroyed) session = connectSession(plane)
        const from = seen && `&resourceVersion=${seen}`
        await readOnce(session, { ...plane.headers, ':path': path + from, accept }, { opened, take: read })
        await pause(againAfterMs)
      }
    }
    follow().catch(reject)
  })
}

/** Pods that have a node, without what is in them. */
export const boundPods = {
  path: `/api/v1/namespaces/default/pods?watch=1&fieldSelector=${encodeURIComponent('spec.nodeName!=')}`,
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
}
