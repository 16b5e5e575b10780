/**
 * What a pod's containers were given of cpu and memory: what its spec asks for counts once the node has room for it, and is then brought to
 * the containers. Kept in a file of the pod, so that a restarted kubelet knows.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Container, Pod, ResourceRequirements } from '../../apis/generated/core-v1.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { quantityMilliValue, quantityValue } from '../../machinery/quantity.js'

/** Why a resize has to wait, or cannot be. */
export interface ResizeRefusal {
  reason: 'Deferred' | 'Infeasible'
  message: string
}

interface Checkpoint {
  /** By container name. */
  allocated: Record<string, ResourceRequirements>
  /** By container id. */
  actuated: Record<string, ResourceRequirements>
}

type Resizable = 'cpu' | 'memory'

const amount = (resource: Resizable, quantity: string | undefined) =>
  resource === 'cpu' ? quantityMilliValue(quantity ?? '0') : quantityValue(quantity ?? '0')

const differs = (resource: Resizable, a: ResourceRequirements = {}, b: ResourceRequirements = {}): boolean =>
  amount(resource, a.requests?.[resource]) !== amount(resource, b.requests?.[resource]) ||
  amount(resource, a.limits?.[resource]) !== amount(resource, b.limits?.[resource])

/** The resources of which two sets differ. */
export const changedResources = (a: ResourceRequirements | undefined, b: ResourceRequirements | undefined) =>
  (['cpu', 'memory'] as const).filter(resource => differs(resource, a, b))

export const needsRestart = ({ resizePolicy = [] }: Container, changed: readonly Resizable[]): boolean =>
  resizePolicy.some(p => p.restartPolicy === 'RestartContainer' && changed.includes(p.resourceName as Resizable))

const resizable = ({ spec }: Pod): Container[] => [
  ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
  ...spec.containers,
]

function withResources(pod: Pod, allocated: Record<string, ResourceRequirements>): Pod {
  const give = (container: Container): Container => {
    const resources = allocated[container.name]
    return resources ? { ...container, resources } : container
  }
  const { initContainers, containers } = pod.spec
  const spec = { ...pod.spec, containers: containers.map(give) }
  return { ...pod, spec: { ...spec, ...(initContainers && { initContainers: initContainers.map(give) }) } }
}

export class PodResize {
  readonly #file: string
  #checkpoint: Checkpoint | undefined
  /** Why the newest wish is not allocated. */
  refusal: ResizeRefusal | undefined
  /** Why what is allocated could not be brought to a container. */
  failure: string | undefined
  #underWay = false
  #saved: Promise<void> = Promise.resolve()

  constructor(file: string) {
    this.#file = file
  }

  /** Until then the spec counts. */
  async load(pod: Pod): Promise<void> {
    if (this.#checkpoint) return
    const text = await readFile(this.#file, 'utf8').catch(() => undefined)
    try {
      if (text) this.#checkpoint = JSON.parse(text) as Checkpoint
    } catch {
      // Torn by a crash of the machine: what the spec says now was given, as far as can be known.
    }
    this.#checkpoint ??= {
      allocated: Object.fromEntries(resizable(pod).map(({ name, resources }) => [name, resources ?? {}])),
      actuated: {},
    }
  }

  /** The pod with what it was given. */
  allocated(pod: Pod): Pod {
    if (!this.#checkpoint || this.#wishes(pod).length === 0) return pod
    return withResources(pod, this.#checkpoint.allocated)
  }

  #wishes(pod: Pod): Container[] {
    const given = this.#checkpoint?.allocated ?? {}
    return resizable(pod).filter(
      ({ name, resources }) => name in given && changedResources(given[name], resources).length > 0,
    )
  }

  /** Gives the pod what its spec asks for now, if `refuse` says nothing against it. */
  async allocate(pod: Pod, refuse: (pod: Pod) => ResizeRefusal | undefined): Promise<void> {
    if (this.#wishes(pod).length === 0) {
      this.refusal = undefined
      return
    }
    this.refusal = refuse(pod)
    if (this.refusal) return
    this.failure = undefined
    this.#underWay = true
    for (const { name, resources } of resizable(pod)) this.#checkpoint!.allocated[name] = resources ?? {}
    await this.#save()
  }

  /** What the container runs with; undefined for one that is not known: it runs with what is allocated. */
  actuated(id: string): ResourceRequirements | undefined {
    return this.#checkpoint?.actuated[id]
  }

  async actuate(id: string, resources: ResourceRequirements | undefined): Promise<void> {
    if (!this.#checkpoint) return
    this.#checkpoint.actuated[id] = resources ?? {}
    await this.#save()
  }

  /** Forgets containers that are no more. */
  retain(ids: ReadonlySet<string>): void {
    const actuated = this.#checkpoint?.actuated ?? {}
    for (const id of Object.keys(actuated)) if (!ids.has(id)) delete actuated[id]
  }

  /** Notes whether containers still run with something else; true when that has just ended. */
  settle(pending: boolean): boolean {
    const completed = this.#underWay && !pending
    this.#underWay = pending
    if (!pending) this.failure = undefined
    return completed
  }

  get isUnderWay(): boolean {
    return this.#underWay
  }

  /** Containers that start together are remembered one after the other. */
  #save(): Promise<void> {
    const saved = this.#saved.catch(() => {}).then(() => this.#write())
    this.#saved = saved
    return saved
  }

  /** Whole or not at all. */
  async #write(): Promise<void> {
    await writeFile(`${this.#file}.tmp`, stringifyJson(this.#checkpoint), { mode: 0o600 })
    await rename(`${this.#file}.tmp`, this.#file)
  }
}

/** Upstream's message of the event `ResizeCompleted`. */
export function completionMessage({ spec }: Pod): string {
  const summary = (containers: readonly Container[] = []) =>
    containers.map(({ name, resources = {} }) => ({ name, resources }))
  const { initContainers, containers } = spec
  const all = {
    ...(initContainers?.length && { initContainers: summary(initContainers) }),
    containers: summary(containers),
  }
  return `Pod resize completed: ${JSON.stringify(all)}`
}
