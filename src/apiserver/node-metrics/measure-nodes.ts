/** Looks up what was measured of nodes and pods: each node's kubelet is asked, and objects are named and selected as they are stored. */
import type { NodeDirectory } from '../../machinery/node-api.js'
import type { ContainerUsage, NodeUsage } from '../../machinery/node-usage.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { ListOptions } from '../../machinery/request.js'
import { StatusError } from '../../machinery/status-error.js'
import { findRemoteKubelet, type RemoteKubeletDeps } from '../connect/remote-kubelet.js'
import { type MetricsObject, nodeMetrics, podMetrics } from './metrics-objects.js'

/** Nodes of this process are asked directly, the others over the network. */
export type MeasureDeps = RemoteKubeletDeps & { nodes: NodeDirectory }

interface Pod extends AnyObject {
  spec: { nodeName?: string; containers: { name: string }[] }
}

const notFound = (resource: string, name: string) =>
  new StatusError(404, 'NotFound', `${resource} ${JSON.stringify(name)} not found`)

/** As metrics-server waits for a kubelet. */
const longestAnswerMs = 10_000

const keyOf = (namespace: string | undefined, name: string | undefined) => `${namespace}/${name}`

export class MeasuredNodes {
  readonly #deps: MeasureDeps

  constructor(deps: MeasureDeps) {
    this.#deps = deps
  }

  async listNodes(options: ListOptions): Promise<MetricsObject[]> {
    const nodes = await this.#list('nodes', undefined, options)
    const found = await Promise.all(nodes.map(node => this.#ofNode(node)))
    return found.filter(object => object !== undefined)
  }

  async getNode(name: string): Promise<MetricsObject> {
    const node = await this.#rest('nodes').get({ name })
    const found = await this.#ofNode(node.object)
    if (!found) throw notFound('nodemetrics.metrics.k8s.io', name)
    return found
  }

  async listPods(namespace: string | undefined, options: ListOptions): Promise<MetricsObject[]> {
    return this.#ofPods((await this.#list('pods', namespace, options)) as Pod[])
  }

  async getPod(namespace: string, name: string): Promise<MetricsObject> {
    const key = `${namespace}/${name}`
    const stored = await this.#rest('pods')
      .get({ namespace, name })
      .catch(error => {
        throw error instanceof StatusError && error.code === 404 ? notFound('pods', key) : error
      })
    const [found] = await this.#ofPods([stored.object as Pod])
    if (!found) throw notFound('podmetrics.metrics.k8s.io', key)
    return found
  }

  #rest(resource: string) {
    const rest = this.#deps.rests.find('', 'v1', resource)
    if (!rest) throw notFound(resource, '')
    return rest
  }

  async #list(resource: string, namespace: string | undefined, options: ListOptions): Promise<AnyObject[]> {
    const { labelSelector, fieldSelector } = options
    const selection = { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
    const { items } = await this.#rest(resource).list(namespace, selection)
    return items.map(({ object }) => object)
  }

  /** Undefined where the node cannot be asked. */
  async #ask(name: string): Promise<NodeUsage | undefined> {
    const asking = new AbortController()
    const timer = this.#deps.clock.after(longestAnswerMs, () => asking.abort())
    try {
      const node = this.#deps.nodes(name) ?? (await findRemoteKubelet(name, this.#deps))
      return await node?.usage?.(asking.signal)
    } catch {
      return undefined
    } finally {
      timer.cancel()
    }
  }

  async #ofNode(node: AnyObject): Promise<MetricsObject | undefined> {
    const usage = await this.#ask(node.metadata.name ?? '')
    return usage && nodeMetrics(node, usage)
  }

  /** As metrics-server: a pod is shown once all its containers were measured. */
  async #ofPods(pods: readonly Pod[]): Promise<MetricsObject[]> {
    const names = [...new Set(pods.flatMap(({ spec }) => spec.nodeName ?? []))]
    const usages = await Promise.all(names.map(name => this.#ask(name)))
    const byPod = new Map<string, { usage: NodeUsage; containers: ContainerUsage[] }>()
    for (const usage of usages)
      for (const container of usage?.containers ?? []) {
        const key = keyOf(container.namespace, container.pod)
        const entry = byPod.get(key) ?? { usage: usage!, containers: [] }
        byPod.set(key, entry)
        entry.containers.push(container)
      }
    return pods.flatMap(pod => {
      const found = byPod.get(keyOf(pod.metadata.namespace, pod.metadata.name))
      const isWhole = pod.spec.containers.every(({ name }) => found?.containers.some(c => c.container === name))
      return found && isWhole ? podMetrics(pod, found.usage, found.containers) : []
    })
  }
}
