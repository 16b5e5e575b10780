/** What the kubelet answers over HTTP, streams apart: upstream's paths and words. The caller has been let in. */
import type { Pod, PodStatus } from '../../apis/generated/core-v1.js'
import { logOptionsOf } from '../../machinery/log-options.js'
import type { ContainerRef, ExecStreams, NodeAnswer, NodeApi, NodeRequest } from '../../machinery/node-api.js'
import { StatusError } from '../../machinery/status-error.js'
import { findContainer } from '../pods/pod.js'
import { cadvisorMetrics, type MachineFacts } from '../stats/cadvisor-metrics.js'
import { expositionType } from '../stats/exposition.js'
import { resourceMetrics } from '../stats/resource-metrics.js'
import type { StatsProvider } from '../stats/stats-provider.js'
import { summaryOf } from '../stats/summary.js'
import { collectOutput } from './collect-output.js'

export interface KubeletEndpointsDeps {
  nodeName: string
  api: Pick<NodeApi, 'logs' | 'exec'>
  /** Of this node, with their statuses as the kubelet knows them. */
  pods(): readonly { pod: Pod; status: PodStatus | undefined }[]
  isRunning(pod: Pod): boolean
  stats: StatsProvider
  machine(): MachineFacts
  /** Milliseconds since the epoch at which the machine started. */
  bootTime(): number
  /** The kubelet's own measurements, in Prometheus' text format. */
  metrics(prefixes: readonly string[]): Promise<string>
  /** Shown at /configz. */
  configuration(): unknown
}

const textType = 'text/plain; charset=utf-8'
const plain = (code: number, body: string, contentType = textType): NodeAnswer => ({ code, contentType, body })
const json = (value: unknown): NodeAnswer => plain(200, JSON.stringify(value), 'application/json')
const notFound = plain(404, '404 page not found\n')
const wrongMethod = plain(405, '405: Method Not Allowed')

const ownMetrics = ['kubelet_', 'process_', 'nodejs_', 'rest_client_', 'workqueue_']

function podList(pods: readonly { pod: Pod; status: PodStatus | undefined }[]) {
  const items = pods.map(({ pod, status }) => {
    const { apiVersion: _, kind: __, ...rest } = pod
    return { ...rest, status: status ?? pod.status ?? {} }
  })
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items }
}

type Handler = (request: NodeRequest) => Promise<NodeAnswer>

export function newKubeletEndpoints(deps: KubeletEndpointsDeps): Handler {
  const { stats, api } = deps

  const pages: Readonly<Record<string, () => Promise<NodeAnswer>>> = {
    '/healthz': async () => plain(200, 'ok'),
    '/healthz/ping': async () => plain(200, 'ok'),
    '/healthz/log': async () => plain(200, 'ok'),
    '/healthz/syncloop': async () => plain(200, 'ok'),
    '/pods': async () => json(podList(deps.pods())),
    '/runningpods': async () => json(podList(deps.pods().filter(({ pod }) => deps.isRunning(pod)))),
    '/configz': async () => json({ kubeletconfig: deps.configuration() }),
    '/stats/summary': async () =>
      json(summaryOf(await stats.withRates(), { name: deps.nodeName, startTime: deps.bootTime() })),
    '/metrics': async () => plain(200, await deps.metrics(ownMetrics), expositionType),
    '/metrics/probes': async () => plain(200, await deps.metrics(['prober_']), expositionType),
    '/metrics/resource': async () => plain(200, resourceMetrics(await stats.latest()), expositionType),
    '/metrics/cadvisor': async () => plain(200, cadvisorMetrics(await stats.latest(), deps.machine()), expositionType),
  }

  const find = (namespace: string, name: string) =>
    deps.pods().find(({ pod }) => pod.metadata.name === name && pod.metadata.namespace === namespace)?.pod

  async function containerLogs({ query, signal }: NodeRequest, ref: ContainerRef): Promise<NodeAnswer> {
    const pod = find(ref.namespace, ref.pod)
    if (!pod) return plain(404, `pod ${JSON.stringify(ref.pod)} does not exist`)
    if (!findContainer(pod, ref.container))
      return plain(404, `container ${JSON.stringify(ref.container)} not found in pod ${JSON.stringify(ref.pod)}`)
    const options = new URLSearchParams(query)
    const tail = options.get('tail')
    if (tail) options.set('tailLines', tail)
    if (tail === 'all') options.delete('tailLines')
    return { code: 200, contentType: textType, body: await api.logs(ref, logOptionsOf(options, ref.pod), signal) }
  }

  async function run({ query, signal }: NodeRequest, ref: ContainerRef): Promise<NodeAnswer> {
    if (!find(ref.namespace, ref.pod)) return plain(404, 'pod does not exist')
    const output = collectOutput()
    const streams: ExecStreams = { stdout: output, stderr: output, tty: false, signal }
    const code = await api.exec(ref, (query.get('cmd') ?? '').split(' '), streams)
    if (code !== 0) return plain(500, `command '${query.get('cmd') ?? ''}' exited with ${code}: ${output.text()}`)
    return plain(200, output.text(), 'application/json')
  }

  async function dispatch(request: NodeRequest): Promise<NodeAnswer> {
    const { method, path } = request
    const page = pages[path === '/' ? path : path.replace(/\/$/, '')]
    const [endpoint, namespace = '', pod = '', ...rest] = path.split('/').slice(1).map(decodeURIComponent)
    const container = rest.at(-1) ?? ''
    const ref: ContainerRef = { namespace, pod, container, ...(rest.length === 2 && { uid: rest[0]! }) }
    const isRun = endpoint === 'run' && (rest.length === 1 || rest.length === 2)
    const isLogs = endpoint === 'containerLogs' && rest.length === 1
    if (isRun) return method === 'POST' ? run(request, ref) : wrongMethod
    if (!page && !isLogs) return notFound
    if (method !== 'GET' && method !== 'HEAD') return wrongMethod
    return page ? page() : containerLogs(request, ref)
  }

  return async request => {
    try {
      return await dispatch(request)
    } catch (error) {
      const { code } = error instanceof StatusError ? error : { code: 500 }
      return plain(code, (error as Error).message)
    }
  }
}
