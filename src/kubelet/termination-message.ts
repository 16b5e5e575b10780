/** The last words of a container: the file it wrote, or the end of its log where its policy says so. */
import { open } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Runtime } from './runtime/runtime.js'
import type { ContainerStatus } from './runtime/types.js'

/** Annotations of a container by which a restarted kubelet finds the file again. */
export const terminationAnnotations = {
  hostPath: 'termination-message-path',
  policy: 'termination-message-policy',
} as const

/** Seconds that an orphan's container gets to end. */
export const graceAnnotation = 'termination-grace-seconds'

/** Upstream's limits, in bytes and lines. */
const fileLimitBytes = 4096
const logLimitBytes = 2048
const logLimitLines = 80

async function startOf(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined)
  if (!file) return ''
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(fileLimitBytes), 0, fileLimitBytes, 0)
    return buffer.subarray(0, bytesRead).toString('utf8')
  } finally {
    await file.close()
  }
}

async function endOfLog(runtime: Runtime, id: string): Promise<string> {
  const log = await runtime.logs(id, { tailLines: logLimitLines }, AbortSignal.timeout(5000))
  const bytes = Buffer.from(await text(log))
  return bytes.subarray(Math.max(0, bytes.length - logLimitBytes)).toString('utf8')
}

/** The status of an exited container with its message; what cannot be read is left out. */
export async function withTerminationMessage(runtime: Runtime, status: ContainerStatus): Promise<ContainerStatus> {
  const path = status.annotations[terminationAnnotations.hostPath]
  if (status.type === 'sandbox' || path === undefined) return status
  let message = await startOf(path)
  const fallBack = status.annotations[terminationAnnotations.policy] === 'FallbackToLogsOnError'
  const couldRun = status.reason !== 'ContainerCannotRun' && status.reason !== 'StartError'
  if (!message && fallBack && status.exitCode !== 0 && couldRun)
    message = await endOfLog(runtime, status.id).catch(() => '')
  if (!message) return status
  return { ...status, message: status.message ? `${status.message}: ${message}` : message }
}
