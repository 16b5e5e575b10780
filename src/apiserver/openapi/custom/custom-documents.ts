/** OpenAPI documents of custom resources, and the built-in ones with what custom resources add; made when asked for, after each change. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { stringifyJson } from '../../../machinery/json/stringify.js'
import type { AnyKind } from '../../../machinery/kind.js'
import { loadPatternEngine } from '../../../machinery/structural/pattern.js'
import type { RestDirectory } from '../../deps.js'
import type { OpenApiDocument, OpenApiDocuments } from '../documents.js'
import { encodeAddition } from '../protobuf/document.js'
import { type CommonParameters, customPaths, pathForV2 } from './operations.js'
import { type Json, type OpenApiVersion, publishedList, publishedSchema } from './published-schema.js'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** `stable.example.com/v1`, `CronTab` → `com.example.stable.v1.CronTab`. */
const definitionName = ({ group, version }: AnyKind, kind: string) =>
  `${group.split('.').reverse().join('.')}.${version}.${kind}`

const scaleName = 'io.k8s.api.autoscaling.v1.Scale'
/** Has every operation, parameter and shared type that custom resources use. */
const templateKey = 'apis/apps/v1'
const templatePath = '/apis/apps/v1/namespaces/{namespace}/deployments'

interface Template {
  parameters: CommonParameters
  schemas: Record<string, Json>
}

interface Parts {
  paths: Record<string, Json>
  definitions: Record<string, Json>
}

const byName = (a: AnyKind, b: AnyKind) => (a.names.plural < b.names.plural ? -1 : 1)

/** A kind stays as it is until its definition changes, which makes another of it. */
const remembered = { 2: new WeakMap<AnyKind, Parts>(), 3: new WeakMap<AnyKind, Parts>() }

function partsOfKind(kind: AnyKind, { parameters }: Template, version: OpenApiVersion): Parts {
  const names = { item: definitionName(kind, kind.kind), list: definitionName(kind, kind.listKind), scale: scaleName }
  const definitions = {
    [names.item]: publishedSchema(kind, version),
    [names.list]: publishedList(kind, names.item, version),
  }
  const paths = Object.entries(customPaths(kind, names, parameters))
  return {
    definitions,
    paths: Object.fromEntries(paths.map(([path, item]) => [path, version === 2 ? pathForV2(item) : item])),
  }
}

const nextTurn = () => new Promise<void>(resolve => setImmediate(resolve))

/** Other requests go on while there is much to be made. */
async function partsOf(kinds: readonly AnyKind[], template: Template, version: OpenApiVersion): Promise<Parts> {
  const whole: Parts = { paths: {}, definitions: {} }
  for (const kind of kinds) {
    let parts = remembered[version].get(kind)
    if (!parts) {
      await nextTurn()
      remembered[version].set(kind, (parts = partsOfKind(kind, template, version)))
    }
    Object.assign(whole.paths, parts.paths)
    Object.assign(whole.definitions, parts.definitions)
  }
  return whole
}

/** Names of all types that a document refers to, and those that these refer to. */
function referenced(value: unknown, schemas: Record<string, Json>, found = new Set<string>()): Set<string> {
  for (const [, name = ''] of stringifyJson(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (found.has(name) || !Object.hasOwn(schemas, name)) continue
    found.add(name)
    referenced(schemas[name], schemas, found)
  }
  return found
}

const hashOf = (text: string) => createHash('sha512').update(text).digest('hex').toUpperCase()

async function documentOf(value: unknown): Promise<OpenApiDocument> {
  const text = stringifyJson(value)
  return { hash: hashOf(text), gzip: await compress(text, { level: 1 }) }
}

const sorted = (record: Record<string, Json>) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

export class CustomDocuments implements OpenApiDocuments {
  #generation = Number.NaN
  readonly #made = new Map<string, Promise<OpenApiDocument>>()
  #template: Promise<Template> | undefined

  constructor(
    private readonly builtin: OpenApiDocuments,
    private readonly rests: RestDirectory,
  ) {}

  lastModified(): Promise<number> {
    return this.builtin.lastModified()
  }

  async v2(form: 'json' | 'protobuf'): Promise<OpenApiDocument> {
    const kinds = this.#kinds()
    const whole = await this.builtin.v2(form)
    if (!kinds.length) return whole
    return this.#once(`v2/${form}`, async () => {
      const parts = await partsOf(kinds, await this.#loadTemplate(), 2)
      const bytes = await decompress(whole.gzip)
      if (form === 'protobuf') {
        const addition = encodeAddition(parts)
        const hash = hashOf(whole.hash + stringifyJson(parts))
        return { hash, gzip: await compress(Buffer.concat([bytes, addition]), { level: 1 }) }
      }
      const document = JSON.parse(bytes.toString()) as {
        paths: Record<string, Json>
        definitions: Record<string, Json>
      }
      document.paths = sorted({ ...document.paths, ...parts.paths })
      document.definitions = sorted({ ...document.definitions, ...parts.definitions })
      const { gzip: merged } = await documentOf(document)
      return { hash: hashOf(whole.hash + stringifyJson(parts)), gzip: merged }
    })
  }

  async v3Index(): Promise<Readonly<Record<string, string>>> {
    const index = await this.builtin.v3Index()
    const keys = [...new Set(this.#kinds().map(({ apiVersion }) => `apis/${apiVersion}`))]
    if (!keys.length) return index
    const added = await Promise.all(keys.map(async key => [key, (await this.v3(key))!.hash] as const))
    return Object.fromEntries([...Object.entries(index), ...added].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  async v3(key: string): Promise<OpenApiDocument | undefined> {
    const kinds = this.#kinds().filter(({ apiVersion }) => key === `apis/${apiVersion}`)
    if (!kinds.length) return this.builtin.v3(key)
    return this.#once(key, async () => {
      const template = await this.#loadTemplate()
      const { paths, definitions } = await partsOf(kinds, template, 3)
      const shared = [...referenced({ paths, definitions }, template.schemas)].map(
        name => [name, template.schemas[name]!] as const,
      )
      const schemas = sorted({ ...definitions, ...Object.fromEntries(shared) })
      const info = { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' }
      return documentOf({ openapi: '3.0.0', info, paths: sorted(paths), components: { schemas } })
    })
  }

  /** Definitions may have changed since: then nothing that was made counts. */
  #kinds(): readonly AnyKind[] {
    if (this.#generation !== this.rests.generation) {
      this.#generation = this.rests.generation
      this.#made.clear()
    }
    return this.rests
      .kinds()
      .filter(kind => kind.custom)
      .sort(byName)
  }

  #once(key: string, make: () => Promise<OpenApiDocument>): Promise<OpenApiDocument> {
    let made = this.#made.get(key)
    if (!made) {
      made = loadPatternEngine().then(make)
      this.#made.set(key, made)
      made.catch(() => this.#made.delete(key))
    }
    return made
  }

  #loadTemplate(): Promise<Template> {
    return (this.#template ??= this.#readTemplate())
  }

  async #readTemplate(): Promise<Template> {
    const { gzip: bytes } = (await this.builtin.v3(templateKey))!
    const document = JSON.parse((await decompress(bytes)).toString()) as {
      paths: Record<string, Record<string, { parameters: Json[] }> & { parameters: Json[] }>
      components: { schemas: Record<string, Json> }
    }
    const collection = document.paths[templatePath]!
    const object = document.paths[`${templatePath}/{name}`]!
    const shared = (name: string) => (collection.parameters as Json[]).find(parameter => parameter.name === name)!
    return {
      schemas: document.components.schemas,
      parameters: {
        list: collection.get!.parameters,
        create: collection.post!.parameters,
        patch: object.patch!.parameters,
        delete: object.delete!.parameters,
        pretty: shared('pretty'),
        namespace: shared('namespace'),
      },
    }
  }
}
