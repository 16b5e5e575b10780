/** Lives of a set of controllers: each ends after one of its writes, and another begins. */
import type { Client } from '../../../src/client/client.js'
import type { KindRef } from '../../../src/machinery/kind.js'

/** One write that came through. */
export interface Write {
  account: string
  verb: string
  resource: string
}

export interface LivesOptions {
  /** Whether the controllers die now that this write is done; `count` says how many they made before, in all their lives. */
  dies(write: Write, count: number): boolean
  /** Begins the next life. */
  replace(): void
  /** How often objects of the resource changed so far, in the store. */
  changesOf(resource: string): number
}

/** More deaths than this, and each life begins with the same write. */
const mostDeaths = 200

const never = new Promise<never>(() => {})
/** Events tell, reviews ask: neither changes what controllers act on. */
const notKept = new Set(['events', 'subjectaccessreviews'])
const resourceOf = ({ group, names }: KindRef) => (group ? `${names.plural}.${group}` : names.plural)

export class Lives {
  readonly writes: Write[] = []
  /** Updates that changed nothing. */
  readonly idle: Write[] = []
  deaths = 0
  private life = { isOver: false, tail: Promise.resolve<unknown>(undefined) }

  constructor(private readonly options: LivesOptions) {}

  /** Of the life that goes on now. Its writes come one after the other; when it ends those that wait are never sent. */
  readonly client = (client: Client, account: string): Client => {
    const { life } = this
    const alive = async <T>(call: () => Promise<T>): Promise<T> => {
      if (life.isOver) return never
      const result = await call().catch(error => (life.isOver ? never : Promise.reject(error)))
      return life.isOver ? never : result
    }
    const write = <T>(verb: string, kind: KindRef, call: () => Promise<T>): Promise<T> => {
      if (notKept.has(kind.names.plural)) return alive(call)
      const turn = life.tail.then(async () => {
        if (life.isOver) return never
        const before = this.options.changesOf(kind.names.plural)
        const result = await call()
        const done = { account, verb, resource: resourceOf(kind) }
        if (this.options.changesOf(kind.names.plural) > before) return this.survives(done) ? result : never
        if (!verb.startsWith('delete')) this.idle.push(done)
        return result
      })
      life.tail = turn.catch(() => {})
      return turn
    }
    return {
      ...client,
      get: (...of) => alive(() => client.get(...of)),
      list: (...of) => alive(() => client.list(...of)),
      watch: (...of) => alive(() => client.watch(...of)),
      resources: () => alive(() => client.resources()),
      create: (...of) => write('create', of[0], () => client.create(...of)),
      createSubresource: (...of) => write(`create ${of[2]}`, of[0], () => client.createSubresource(...of)),
      update: (...of) => write('update', of[0], () => client.update(...of)),
      updateStatus: (...of) => write('update status', of[0], () => client.updateStatus(...of)),
      updateSubresource: (...of) => write(`update ${of[2]}`, of[0], () => client.updateSubresource(...of)),
      patch: (...of) => write('patch', of[0], () => client.patch(...of)),
      delete: (...of) => write('delete', of[0], () => client.delete(...of)),
      deleteCollection: (...of) => write('delete collection', of[0], () => client.deleteCollection(...of)),
    }
  }

  private survives(write: Write): boolean {
    const count = this.writes.push(write) - 1
    if (!this.options.dies(write, count)) return true
    if (this.deaths === mostDeaths) return true
    this.end()
    this.deaths++
    this.options.replace()
    return false
  }

  /** The life is over, as if killed; the clients that are made from now on belong to the next. */
  end(): void {
    this.life.isOver = true
    this.life = { isOver: false, tail: Promise.resolve(undefined) }
  }
}
