/** Follows objects of a control plane as they change, over one connection. */
import { StringDecoder } from 'node:string_decoder'
import { connectSession } from '../http.js'
import type { ControlPlane } from './plane.js'

export interface WatchedObject {
  metadata: { name: string; uid: string; resourceVersion: string; deletionTimestamp?: string }
  status?: { readyReplicas?: number }
}

export interface Watch {
  close(): void
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

/** `take` is called with what is there, too. Resolves when the watch is established; one that the server ends goes on where it was. */
export async function openWatch(
  { url, tls, headers }: ControlPlane,
  { path, accept = 'application/json' }: { path: string; accept?: string },
  take: Take,
): Promise<Watch> {
  const session = connectSession({ url, tls })
  let seen = ''
  const open = () =>
    new Promise<void>((resolve, reject) => {
      const from = seen && `&resourceVersion=${seen}`
      const stream = session.request({ ...headers, ':path': path + from, accept })
      const read = newLineReader((type, object) => {
        seen = object.metadata.resourceVersion
        take(type, object)
      })
      stream.on('error', reject)
      stream.on('response', ({ ':status': status }) => {
        if (status === 200) resolve()
        else reject(new Error(`${path} answered ${status}`))
      })
      stream.on('data', read)
      stream.on('end', () => {
        if (!session.destroyed) void open()
      })
    })
  await open()
  return { close: () => session.destroy() }
}

/** Pods that have a node, without what is in them. */
export const boundPods = {
  path: `/api/v1/namespaces/default/pods?watch=1&fieldSelector=${encodeURIComponent('spec.nodeName!=')}`,
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
}
