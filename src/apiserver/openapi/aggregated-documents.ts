/** Our OpenAPI documents with what extension servers add to them. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { type OpenApiParts, planAddition } from '../aggregation/merge-openapi.js'
import type { RemoteOpenApi } from '../aggregation/remote-openapi.js'
import type { OpenApiDocument, OpenApiDocuments } from './documents.js'
import { encodeAddition } from './protobuf/document.js'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

type Parts = Partial<OpenApiParts>

const sorted = <T>(record: Record<string, T>) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

const hashOf = (text: string) => createHash('sha512').update(text).digest('hex').toUpperCase()

const partsOf = ({ paths = {}, definitions = {}, parameters = {} }: Parts): OpenApiParts => ({
  paths,
  definitions,
  parameters,
})

function addTo(whole: OpenApiParts, added: OpenApiParts): void {
  Object.assign(whole.paths, added.paths)
  Object.assign(whole.definitions, added.definitions)
  Object.assign(whole.parameters, added.parameters)
}

export class AggregatedDocuments implements OpenApiDocuments {
  readonly #made = new Map<string, { hash: string; document: Promise<OpenApiDocument> }>()

  constructor(
    private readonly own: OpenApiDocuments,
    private readonly remote: RemoteOpenApi,
  ) {}

  lastModified(): Promise<number> {
    return this.own.lastModified()
  }

  async v2(form: 'json' | 'protobuf'): Promise<OpenApiDocument> {
    const [own, parts] = await Promise.all([this.own.v2(form), this.remote.v2()])
    if (!parts.length) return own
    const hash = hashOf(own.hash + stringifyJson(parts))
    const made = this.#made.get(form)
    if (made?.hash === hash) return made.document
    const document = this.#merge(form, own, parts).then(body => ({ hash, gzip: body }))
    this.#made.set(form, { hash, document })
    document.catch(() => this.#made.delete(form))
    return document
  }

  v3Index(): Promise<Readonly<Record<string, string>>> {
    return this.own.v3Index()
  }

  v3(key: string): Promise<OpenApiDocument | undefined> {
    return this.own.v3(key)
  }

  /** The merged document, compressed. */
  async #merge(form: 'json' | 'protobuf', own: OpenApiDocument, parts: readonly OpenApiParts[]): Promise<Buffer> {
    const json = form === 'json' ? own : await this.own.v2('json')
    const document = JSON.parse((await decompress(json.gzip)).toString()) as Parts & Record<string, unknown>
    const [whole, addition] = [partsOf(document), partsOf({})]
    for (const part of parts) {
      const added = planAddition(part, whole)
      addTo(whole, added)
      addTo(addition, added)
    }
    if (form === 'protobuf')
      return compress(Buffer.concat([await decompress(own.gzip), encodeAddition(addition)]), { level: 1 })
    const { paths, definitions, parameters } = whole
    const merged = { paths: sorted(paths), definitions: sorted(definitions), parameters: sorted(parameters) }
    return compress(stringifyJson({ ...document, ...merged }), { level: 1 })
  }
}
