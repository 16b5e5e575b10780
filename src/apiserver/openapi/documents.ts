/** The OpenAPI documents that `npm run build` left in a directory, read when first asked for. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** `index.json`: hashes of the documents, which serve as their ETags. */
interface Index {
  v2: string
  /** By key, such as `apis/apps/v1`. */
  v3: Readonly<Record<string, string>>
}

export interface OpenApiDocument {
  /** SHA-512 of the JSON form, in upper-case hexadecimal. */
  hash: string
  /** The content, compressed with gzip. */
  gzip: Buffer
}

export interface OpenApiDocuments {
  v2(form: 'json' | 'protobuf'): Promise<OpenApiDocument>
  /** Hashes by key. */
  v3Index(): Promise<Readonly<Record<string, string>>>
  /** Undefined when there is no such key. */
  v3(key: string): Promise<OpenApiDocument | undefined>
  /** When the documents were built, in milliseconds since the epoch. */
  lastModified(): Promise<number>
}

/** Remembers what each key gave; a failure is not remembered. */
function once<T>(load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const loaded = new Map<string, Promise<T>>()
  return key => {
    let promise = loaded.get(key)
    if (!promise) {
      promise = load(key)
      loaded.set(key, promise)
      promise.catch(() => loaded.delete(key))
    }
    return promise
  }
}

/** `directory` is `dist/openapi`. Files are kept compressed once read: 1 MB for all of them. */
export function openApiDocuments(directory: string): OpenApiDocuments {
  const file = once(name => readFile(join(directory, name)))
  const index = once(async name => JSON.parse((await readFile(join(directory, name))).toString()) as Index)
  const built = once(async name => Math.floor((await stat(join(directory, name))).mtimeMs))
  return {
    async v2(form) {
      const [{ v2: hash }, gzip] = await Promise.all([
        index('index.json'),
        file(form === 'json' ? 'v2.json.gz' : 'v2.pb.gz'),
      ])
      return { hash, gzip }
    },
    v3Index: async () => (await index('index.json')).v3,
    async v3(key) {
      const { v3 } = await index('index.json')
      // The key comes from the network: only names that the index holds become file names.
      if (!Object.hasOwn(v3, key)) return undefined
      return { hash: v3[key]!, gzip: await file(`v3/${key.replaceAll('/', '__')}.json.gz`) }
    },
    lastModified: () => built('index.json'),
  }
}
