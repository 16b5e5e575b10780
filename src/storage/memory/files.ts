/** Names of the files of a store directory: `snapshot-<revision>` holds all up to it, `log-<revision>` what begins there. */

export type StoreFileKind = 'snapshot' | 'log'

export interface StoreFile {
  kind: StoreFileKind
  revision: number
  name: string
}

const digits = 16
const pattern = /^(snapshot|log)-(\d{16})$/

/** Being written; removed at the next start. */
export const temporarySuffix = '.tmp'

/** Sorts by revision as text, so that `ls` shows the order. */
export const storeFileName = (kind: StoreFileKind, revision: number): string =>
  `${kind}-${String(revision).padStart(digits, '0')}`

/** The store's files among the names, oldest first. */
export function storeFiles(names: readonly string[]): StoreFile[] {
  return names
    .flatMap(name => {
      const match = pattern.exec(name)
      return match ? [{ kind: match[1] as StoreFileKind, revision: Number(match[2]), name }] : []
    })
    .sort((a, b) => a.revision - b.revision)
}
