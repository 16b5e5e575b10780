/** A kubelet in a process of its own: asked over HTTPS, with a certificate of the API server's. Streams are passed on as they are. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { json, text } from 'node:stream/consumers'
import type { ContainerRef, LogOptions, NodeApi } from '../../machinery/node-api.js'
import { badRequest, internalError, StatusError } from '../../machinery/status-error.js'
import type { ApiServerDeps } from '../deps.js'
import { openRequest } from '../proxy/backend-request.js'
import { connectBackend, type Dial, newTcpDial } from '../proxy/dial.js'
import { forwardUpgrade, type UpgradeRequest } from '../proxy/forward-upgrade.js'
import { hostOf, type Location } from '../proxy/location.js'
import { locateNode } from '../proxy/node-location.js'
import type { StreamingOptions, StreamingSubresource } from '../streaming/streaming.js'
import { type KubeletSummary, usageOfSummary } from './kubelet-summary.js'

export interface RemoteStream {
  target: ContainerRef
  subresource: StreamingSubresource
  options: StreamingOptions
}

export interface RemoteKubelet extends NodeApi {
  /** Resolves when the connection has ended. Throws StatusErrors, and only while nothing has been answered. */
  passOn(upgrade: UpgradeRequest, stream: RemoteStream, stopping: AbortSignal): Promise<void>
}

const parts = (...names: readonly (string | undefined)[]) =>
  names.filter(name => name !== undefined).map(name => `/${encodeURIComponent(name)}`)

/** The kubelet's own path and parameters, which are not those of the API server. */
function streamPath({ target, subresource, options }: RemoteStream): string {
  const { namespace, pod, uid, container } = target
  if (subresource === 'portforward') {
    const ports = (options.ports ?? []).map(port => `port=${port}`).join('&')
    return `/portForward${parts(namespace, pod, uid).join('')}${ports && `?${ports}`}`
  }
  const query = new URLSearchParams((options.command ?? []).map((word): [string, string] => ['command', word]))
  const wanted = { input: options.stdin, output: options.stdout, error: options.stderr, tty: options.tty }
  for (const [name, isWanted] of Object.entries(wanted)) if (isWanted) query.set(name, '1')
  return `/${subresource}${parts(namespace, pod, uid, container).join('')}?${query}`
}

function logPath({ namespace, pod, container }: ContainerRef, options: LogOptions): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))
  return `/containerLogs${parts(namespace, pod, container).join('')}?${query}`
}

/** A kubelet answers in plain text. */
async function refusalOf(answer: IncomingMessage): Promise<StatusError> {
  const { statusCode = 500 } = answer
  const message = (await text(answer)).trim()
  if (statusCode === 400) return badRequest(message)
  if (statusCode === 404) return new StatusError(404, 'NotFound', message)
  return internalError(message)
}

async function ask(location: Location, path: string, dial: Dial, signal: AbortSignal): Promise<Readable> {
  const socket = await connectBackend(location, dial, signal).catch((error: Error) => {
    throw internalError(error.message)
  })
  signal.addEventListener('abort', () => socket.destroy(), { once: true })
  const host = hostOf(location)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = openRequest({ method: 'GET' }, socket, { host: location.host, path, headers: { host } })
    outgoing.once('response', resolve).once('error', error => reject(internalError(error.message)))
    outgoing.end()
  })
  if (answer.statusCode !== 200) throw await refusalOf(answer)
  return answer
}

const isPassedOn = async (): Promise<never> => {
  throw internalError('streams of this node are passed on')
}

function remoteKubelet(location: Location, dial: Dial): RemoteKubelet {
  return {
    logs: (ref, options, signal) => ask(location, logPath(ref, options), dial, signal),
    async usage(signal) {
      const answer = await ask(location, '/stats/summary?only_cpu_and_memory=true', dial, signal)
      return usageOfSummary((await json(answer)) as KubeletSummary)
    },
    passOn(upgrade, stream, stopping) {
      const path = streamPath(stream)
      const target = { path, escaped: path, prefix: '', forwardedUri: path }
      return forwardUpgrade(upgrade, { location, target }, { dial, stopping })
    },
    exec: isPassedOn,
    attach: isPassedOn,
    portForward: isPassedOn,
  }
}

export type RemoteKubeletDeps = Pick<ApiServerDeps, 'rests' | 'kubeletClient' | 'dial' | 'clock'>

/** Shows the kubelet who asks. Serving certificates of kubelets are their own: nobody's to check, as upstream by default. */
export function asApiServer(location: Location, { kubeletClient }: Pick<RemoteKubeletDeps, 'kubeletClient'>): Location {
  return kubeletClient ? { ...location, tls: { serverName: '', insecure: true, client: kubeletClient() } } : location
}

/** Undefined where the server has nothing to show kubelets. Throws when the node has no address. */
export async function findRemoteKubelet(nodeName: string, deps: RemoteKubeletDeps): Promise<RemoteKubelet | undefined> {
  const nodes = deps.kubeletClient && deps.rests.find('', 'v1', 'nodes')
  if (!nodes) return undefined
  const { location } = await locateNode(nodes, nodeName)
  return remoteKubelet(asApiServer(location, deps), deps.dial ?? newTcpDial(deps.clock))
}
