/** Follows objects of a control plane as they change, over one connection. */
import { StringDecoder } from 'node:string_decoder'
import { connectSession } from '../http.js'
import type { ControlPlane } from './plane.js'

export interface WatchedObject {
  metadata: { name: string; uid: string; deletionTimestamp?: string }
  status?: { readyReplicas?: number }
}

export interface Watch {
  close(): void
}

/** `take` is called with what is there, too. Resolves when the watch is established. */
export function openWatch(
  { url, tls, headers }: ControlPlane,
  call: { path: string; accept?: string },
  take: (type: string, object: WatchedObject) => void,
): Promise<Watch> {
  const session = connectSession({ url, tls })
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...headers, ':path': call.path, accept: call.accept ?? 'application/json' })
    stream.on('error', reject)
    stream.on('response', ({ ':status': status }) => {
      if (status === 200) resolve({ close: () => session.destroy() })
      else reject(new Error(`${call.path} answered ${status}`))
    })
    const decoder = new StringDecoder('utf8')
    let rest = ''
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as { type: string; object: WatchedObject }
        take(type, object)
      }
    })
  })
}

/** Pods that have a node, without what is in them. */
export const boundPods = {
  path: `/api/v1/namespaces/default/pods?watch=1&fieldSelector=${encodeURIComponent('spec.nodeName!=')}`,
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
}
