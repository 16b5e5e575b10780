/** Turns what dockerode rejects with into RuntimeErrors. */
import { RuntimeError } from '../runtime.js'

interface DockerError {
  statusCode?: number
  json?: { message?: string }
  message: string
  code?: string
}

const unreachable = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'])

function kindOf({ statusCode, code }: DockerError, message: string): RuntimeError['kind'] {
  if (code && unreachable.has(code)) return 'unavailable'
  if (/No such image/i.test(message)) return 'image-missing'
  if (/OCI runtime create failed|executable file not found/i.test(message)) return 'cannot-run'
  if (statusCode === 404) return 'not-found'
  if (statusCode === 409) return 'conflict'
  return 'other'
}

const decoration = /^\(HTTP code \d+\) [^-]* - /

/** Docker's own message, without dockerode's decoration. */
export function toRuntimeError(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error
  const failure = error as DockerError
  const message = (failure.json?.message ?? failure.message ?? String(error)).replace(decoration, '').trim()
  return new RuntimeError(kindOf(failure, message), message)
}

/** Runs a call to Docker; failures are RuntimeErrors. */
export async function asking<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw toRuntimeError(error)
  }
}

/** As `asking`, for calls that may find nothing to do: 304 (already so) and 404 (gone). */
export async function askingOnce(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    const { statusCode } = error as DockerError
    if (statusCode !== 304 && statusCode !== 404) throw toRuntimeError(error)
  }
}
