/** What watchers were told, and what writers did. */

export interface Seen {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  key: string
  revision: number
  value: string
}

/** Everything up to its revision has been told. */
export interface Bookmark {
  type: 'BOOKMARK'
  revision: number
}

/** One watcher's story, over all the connections it took. */
export interface Told {
  name: string
  /** Watches only objects whose value says so. */
  group?: string
  /** It wants everything after this. */
  start: number
  /** What it was told is there at the start, where it asked. */
  initial?: readonly Seen[]
  events: (Seen | Bookmark)[]
  /** It was told that its revision is too old, and ends there; undefined: it goes on until after the last write. */
  end?: number
}

/** A write of one key's only writer. `isSure` false: its answer never came. */
export interface Written {
  key: string
  /** Undefined: a deletion. Each is written once. */
  value?: string
  /** Of a put that was answered. */
  revision?: number
  isSure: boolean
}

export const groups = ['g0', 'g1', 'none'] as const

/** Values end with the group of their object, which is its label too. */
export const groupOf = (value: string): string => value.slice(value.lastIndexOf('-') + 1)
