/** ComponentStatuses: asked of the components at each read, never stored. */
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject, ObjectKey } from '../machinery/object-meta.js'
import type { ListOptions } from '../machinery/request.js'
import { matchesLabels, parseLabelSelector } from '../machinery/selector/index.js'
import { notFound, StatusError } from '../machinery/status-error.js'
import type { Rest, StoredList, StoredObject } from './rest.js'

export interface ComponentCheck {
  /** As upstream calls it: `scheduler`, `controller-manager`, `etcd-0`. */
  name: string
  /** Resolves when the component is well; rejects with what is wrong. */
  check(): Promise<void>
}

async function statusOf({ name, check }: ComponentCheck): Promise<StoredObject> {
  const condition = await check().then(
    () => ({ type: 'Healthy', status: 'True', message: 'ok' }),
    (error: Error) => ({ type: 'Healthy', status: 'False', message: error.message }),
  )
  const object: AnyObject = { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions: [condition] }
  return { object, revision: 0, bytes: Buffer.from(JSON.stringify(object)) }
}

export class ComponentStatuses implements Rest {
  readonly kind: AnyKind
  readonly #checks: readonly ComponentCheck[]

  constructor(kind: AnyKind, checks: readonly ComponentCheck[]) {
    this.kind = kind
    this.#checks = checks
  }

  async get({ name }: ObjectKey): Promise<StoredObject> {
    const found = this.#checks.find(check => check.name === name)
    if (!found) throw notFound(this.kind, name)
    return statusOf(found)
  }

  /** Selectors apply; there is no revision to page by. */
  async list(_namespace: string | undefined, { labelSelector = '' }: ListOptions): Promise<StoredList> {
    const selector = parseLabelSelector(labelSelector)
    const all = await Promise.all(this.#checks.map(statusOf))
    return { items: all.filter(({ object }) => matchesLabels(selector, object.metadata.labels ?? {})), revision: 0 }
  }

  /** The kind's verbs keep callers from coming here. */
  #refuse = (): Promise<never> =>
    Promise.reject(
      new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'),
    )
  watch = this.#refuse
  create = this.#refuse
  update = this.#refuse
  delete = this.#refuse
  deleteCollection = this.#refuse
}
