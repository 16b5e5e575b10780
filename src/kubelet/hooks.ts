/** Lifecycle hooks of containers: postStart and preStop by command, HTTP request or sleep. */
import type { LifecycleHandler, Pod } from '../apis/generated/core-v1.js'
import type { Clock } from '../machinery/clock.js'
import { type AnyContainer, describePod } from './pods/pod.js'
import { httpGet, httpTarget } from './probes/http-check.js'
import type { Runtime } from './runtime/runtime.js'

export interface HookDeps {
  runtime: Runtime
  clock: Clock
}

export interface HookTarget {
  pod: Pod
  container: AnyContainer
  containerId: string
  podIP: string
}

const hookAgent = 'kube-lifecycle/1.34'

const describe = (kind: string, detail: string, { container, pod }: HookTarget) =>
  `${kind} lifecycle hook (${detail}) for Container "${container.name}" in Pod "${describePod(pod)}" failed`

function sleep({ clock }: HookDeps, seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(seconds * 1000, resolve)
    const stop = () => {
      timer.cancel()
      reject(new Error('container terminated before sleep hook finished'))
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
  })
}

async function runCommand({ runtime }: HookDeps, command: readonly string[], target: HookTarget): Promise<void> {
  const title = describe('Exec', `[${command.join(' ')}]`, target)
  const failure = (error: string, output: string) =>
    new Error(`${title} - error: ${error}, message: ${JSON.stringify(output)}`)
  const { exitCode, output } = await runtime.execSync(target.containerId, command, 0).catch(error => {
    throw failure(error.message, '')
  })
  if (exitCode !== 0) throw failure(`command '${command.join(' ')}' exited with ${exitCode}: ${output}`, output)
}

/** Some servers behind `scheme: HTTPS` talk plain HTTP: tried then, without what is for trusted ears. */
async function request(action: NonNullable<LifecycleHandler['httpGet']>, target: HookTarget, signal: AbortSignal) {
  const to = httpTarget(action, target.container, target.podIP, hookAgent)
  try {
    await httpGet(to, signal)
  } catch (error) {
    if (to.url.protocol !== 'https:' || !/wrong version number|packet length too long|EPROTO/.test(String(error)))
      throw error
    const plain = new URL(to.url.href.replace(/^https:/, 'http:'))
    const headers = Object.entries(to.headers).filter(([name]) => name.toLowerCase() !== 'authorization')
    await httpGet({ url: plain, headers: Object.fromEntries(headers) }, signal)
  }
}

/** Rejects when the hook failed or the signal ended it. An answer of any status is good enough for a request. */
export async function runHook(
  deps: HookDeps,
  handler: LifecycleHandler,
  target: HookTarget,
  signal: AbortSignal,
): Promise<void> {
  if (handler.exec) return runCommand(deps, handler.exec.command ?? [], target)
  if (handler.sleep) return sleep(deps, handler.sleep.seconds, signal)
  if (handler.httpGet) {
    const { path = '' } = handler.httpGet
    return request(handler.httpGet, target, signal).catch(error => {
      throw new Error(`${describe('HTTP', path, target)} - error: ${error.message}`)
    })
  }
  throw new Error('Cannot run handler: invalid handler')
}
