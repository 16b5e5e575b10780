/** Pods from files: follows a directory, keeps a mirror of each pod in the API, and tells which pods are to run. */
import { watch } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import { isReason } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import { podKind } from '../kinds.js'
import { asStatic, mirrorAnnotation, mirrorOf, staticPodOf } from './manifest.js'

export interface StaticPodsDeps {
  client: Client
  clock: Clock
  log: Logger
  nodeName: string
  /** Of the node's object; undefined until it is registered. */
  nodeUid(): string | undefined
  /** Runs the pod, or takes it as it is now. */
  run(pod: Pod): void
  /** Ends a pod whose file is gone. */
  end(uid: string): void
}

/** Upstream's, in milliseconds: where changes of the directory are not told. */
const pollMs = 20_000
const settleMs = 100
const retryMs = 1_000

const keyOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`

export const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.[mirrorAnnotation] !== undefined

export class StaticPods {
  readonly #deps: StaticPodsDeps
  readonly #directory: string
  /** By namespace and name. */
  readonly #wanted = new Map<string, Pod>()
  readonly #mirrors = new Map<string, Pod>()
  readonly #complained = new Map<string, string>()
  #timer: Timer | undefined
  #watcher: { close(): void } | undefined
  #work: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(deps: StaticPodsDeps, directory: string) {
    this.#deps = deps
    this.#directory = directory
  }

  /** Resolves when the files were read once; before that, nothing may be taken for an orphan. */
  async start(): Promise<void> {
    await this.#read()
    try {
      this.#watcher = watch(this.#directory, () => this.#soon(settleMs))
        .unref()
        .on('error', () => {})
    } catch {
      // Then it is looked at now and then.
    }
    this.#soon(pollMs)
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#watcher?.close()
  }

  /** Whether files want the pod; its containers are no orphans then. */
  has(uid: string): boolean {
    return [...this.#wanted.values()].some(({ metadata }) => metadata.uid === uid)
  }

  /** Uid of the object in the API whose status is that of the static pod; undefined while there is none. */
  mirrorUid(staticUid: string): string | undefined {
    for (const { metadata } of this.#mirrors.values())
      if (metadata.annotations?.[mirrorAnnotation] === staticUid) return metadata.uid
    return undefined
  }

  /** A mirror as the API has it now. */
  seen(mirror: Pod): void {
    const key = keyOf(mirror)
    this.#mirrors.set(key, mirror)
    const wanted = this.#wanted.get(key)
    const isCurrent = wanted && mirror.metadata.annotations?.[mirrorAnnotation] === wanted.metadata.uid
    if (!isCurrent || mirror.metadata.deletionTimestamp) this.#enqueue()
    if (isCurrent) this.#deps.run(asStatic(mirror))
  }

  gone(mirror: Pod): void {
    if (this.#mirrors.get(keyOf(mirror))?.metadata.uid !== mirror.metadata.uid) return
    this.#mirrors.delete(keyOf(mirror))
    this.#enqueue()
  }

  #soon(ms: number): void {
    if (this.#stopped) return
    this.#timer?.cancel()
    this.#timer = this.#deps.clock.after(ms, () => {
      void this.#read().then(() => this.#soon(pollMs))
    })
  }

  async #read(): Promise<void> {
    const { load } = await import('js-yaml')
    const found = new Map<string, Pod>()
    const names = (await readdir(this.#directory).catch(() => [])).filter(name => !name.startsWith('.')).sort()
    for (const path of names.map(name => join(this.#directory, name))) {
      const text = await readFile(path, 'utf8').catch(() => undefined)
      if (text === undefined) continue
      try {
        const { nodeName, clock } = this.#deps
        const pod = staticPodOf({ path, text, nodeName, seen: clock.now() }, load)
        found.set(keyOf(pod), pod)
        this.#complained.delete(path)
      } catch (error) {
        this.#complain(path, error as Error)
      }
    }
    this.#take(found)
  }

  #complain(path: string, { message }: Error): void {
    if (this.#complained.get(path) === message) return
    this.#complained.set(path, message)
    this.#deps.log.error({ path, error: message }, 'Could not process manifest file')
  }

  #take(found: ReadonlyMap<string, Pod>): void {
    for (const [key, pod] of this.#wanted) {
      if (found.get(key)?.metadata.uid === pod.metadata.uid) continue
      this.#wanted.delete(key)
      this.#deps.end(pod.metadata.uid!)
    }
    for (const [key, pod] of found) if (!this.#wanted.has(key)) this.#wanted.set(key, pod)
    this.#enqueue()
  }

  /** One look at a time. */
  #enqueue(): void {
    this.#work = this.#work
      .then(() => this.#reconcile())
      .catch(error => {
        if (this.#stopped) return
        this.#deps.log.warn({ error: String(error) }, 'Could not keep the mirrors of static pods')
        this.#deps.clock.after(retryMs, () => this.#enqueue())
      })
  }

  async #reconcile(): Promise<void> {
    if (this.#stopped) return
    for (const [key, mirror] of this.#mirrors) {
      const { metadata } = mirror
      const wanted = this.#wanted.get(key)
      const isCurrent = wanted?.metadata.uid === metadata.annotations?.[mirrorAnnotation]
      if (isCurrent && !metadata.deletionTimestamp) continue
      await this.#delete(mirror)
    }
    const uid = this.#deps.nodeUid()
    if (!uid) {
      // The node is not registered yet.
      this.#deps.clock.after(retryMs, () => this.#enqueue())
      return
    }
    for (const [key, pod] of this.#wanted) if (!this.#mirrors.has(key)) await this.#create(pod, uid)
  }

  async #delete({ metadata }: Pod): Promise<void> {
    const { name = '', namespace = '', uid = '' } = metadata
    await this.#deps.client
      .delete(podKind, { name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch(error => {
        if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
      })
  }

  async #create(pod: Pod, nodeUid: string): Promise<void> {
    const { client, nodeName } = this.#deps
    await client.create(podKind, mirrorOf(pod, { name: nodeName, uid: nodeUid })).catch(error => {
      // It is told of by the watch.
      if (!isReason(error, 'AlreadyExists')) throw error
    })
  }
}
