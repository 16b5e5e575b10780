/** Runs a probe of any kind once. */
import type { Probe } from '../../apis/generated/core-v1.js'
import { expandVariables } from '../env/expand.js'
import type { AnyContainer } from '../pods/pod.js'
import { isRuntimeError, type Runtime } from '../runtime/runtime.js'
import { type CheckResult, failed, resolvePort, succeeded } from './check.js'
import { checkGrpc } from './grpc-check.js'
import { checkHttp, httpTarget } from './http-check.js'
import { checkTcp } from './tcp-check.js'

export const probeAgent = 'kube-probe/1.34'
const defaultTimeoutSeconds = 1

export interface ProbeTarget {
  container: AnyContainer
  containerId: string
  podIP: string
}

/** Probes do not see the container's environment, only the values that its spec gives as they are. */
function staticCommand(command: readonly string[], { container }: ProbeTarget): string[] {
  const values = (container.env ?? []).flatMap(({ name, value }) => (value ? [[name, value] as const] : []))
  const variables = new Map(values)
  return command.map(word => expandVariables(word, variables))
}

async function checkExec(runtime: Runtime, probe: Probe, target: ProbeTarget, timeoutMs: number): Promise<CheckResult> {
  const command = staticCommand(probe.exec?.command ?? [], target)
  try {
    const { exitCode, output } = await runtime.execSync(target.containerId, command, timeoutMs)
    return exitCode === 0 ? succeeded(output) : failed(output)
  } catch (error) {
    if (!isRuntimeError(error, 'timeout')) throw error
    return failed(`command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutMs / 1000}s`)
  }
}

/** Rejects when the probe itself cannot be run: that tells nothing of the container. */
export async function runProbe(runtime: Runtime, probe: Probe, target: ProbeTarget): Promise<CheckResult> {
  const { container, podIP } = target
  const timeoutMs = (probe.timeoutSeconds ?? defaultTimeoutSeconds) * 1000
  if (probe.exec) return checkExec(runtime, probe, target, timeoutMs)
  if (runtime.isSimulated) return succeeded('')
  const signal = AbortSignal.timeout(timeoutMs)
  if (probe.httpGet) return checkHttp(httpTarget(probe.httpGet, container, podIP, probeAgent), signal)
  if (probe.tcpSocket)
    return checkTcp(probe.tcpSocket.host || podIP, resolvePort(probe.tcpSocket.port, container), signal)
  if (probe.grpc) {
    const { port, service } = probe.grpc
    return checkGrpc({ host: podIP, port, service: service ?? '' }, signal)
  }
  throw new Error(`missing probe handler for ${container.name}`)
}
