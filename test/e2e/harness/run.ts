/** Runs programs for the end-to-end tests. */
import { execFile } from 'node:child_process'

export interface Result {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Record<string, string>
  input?: string
  timeoutMs?: number
}

/** Runs to the end; never throws for an exit code. */
export function run(
  command: string,
  args: readonly string[],
  { env, input, timeoutMs = 120_000 }: RunOptions = {},
): Promise<Result> {
  return new Promise(resolve => {
    const options = { env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 64 << 20 }
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : 255) : 0
      resolve({ code, stdout, stderr })
    })
    if (input !== undefined) child.stdin?.end(input)
  })
}

/** Runs and answers standard output; throws with what the program said when it failed. */
export async function output(command: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`)
  return stdout
}

/** Over a connection of its own: one that went elsewhere before the rules of a service stood would go on doing so. */
export const fetchAnew = (url: string) => fetch(url, { headers: { connection: 'close' } })

/** The command in a pod that prints a page, or gives up after the time. Debian's static busybox dies of wget's own `-T`. */
export const wget = (seconds: number, url: string) => ['timeout', String(seconds), 'wget', '-qO-', url]

/** Calls `probe` until it answers something true. Waits between tries for what another process does: there is no event to wait for. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const end = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const value = await probe()
      if (value) return value
      last = value
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1000} s; last: ${last}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}
