/** The operations of a custom resource as OpenAPI v3 describes them; those of v2 are made of them. */
import type { AnyKind } from '../../../machinery/kind.js'
import { type Json, metaName, referenceTo } from './published-schema.js'

/** Parameters by operation, as a built-in resource has them. */
export interface CommonParameters {
  list: Json[]
  create: Json[]
  patch: Json[]
  delete: Json[]
  pretty: Json
  namespace: Json
}

interface OperationNames {
  item: string
  list: string
  scale: string
}

const pascal = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const words = (text: string) => text.split(/[^A-Za-z0-9]+/).filter(word => word)

/** `stable.example.com`, `v1` → `StableExampleComV1`. */
const groupWords = ({ group, version }: AnyKind) => [...words(group), version].map(pascal).join('')
const tagOf = ({ group, version }: AnyKind) =>
  `${words(group)
    .map((word, i) => (i ? pascal(word) : word))
    .join('')}_${version}`

const article = (noun: string) => (/^[aeiou]/i.test(noun) ? 'an' : 'a')

const statusTexts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }
const mediaTypes = ['application/json', 'application/yaml']
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json']

/** There, in the order of the server. */
const patchTypesInV2 = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']

const contentOf = (types: readonly string[], $ref: string) =>
  Object.fromEntries(types.map(type => [type, { schema: { $ref } }]))

interface OperationSpec {
  action: string
  id: string
  description: string
  answer: string
  codes: readonly number[]
  parameters?: Json[]
  body?: { name: string; types?: readonly string[]; optional?: boolean }
}

class Describer {
  constructor(
    private readonly kind: AnyKind,
    private readonly names: OperationNames,
    private readonly common: CommonParameters,
  ) {}

  private operation({ action, id, description, answer, codes, parameters, body }: OperationSpec): Json {
    const { group, version, kind } = this.kind
    const reference = (name: string) => referenceTo(name, 3)
    const answers = codes.map(code => {
      const content = contentOf(mediaTypes, reference(answer))
      return [code, { description: statusTexts[code], content }] as const
    })
    return {
      tags: [tagOf(this.kind)],
      description,
      operationId: id,
      ...(parameters && { parameters }),
      ...(body && {
        requestBody: {
          content: contentOf(body.types ?? mediaTypes, reference(body.name)),
          ...(!body.optional && { required: true }),
        },
      }),
      responses: { ...Object.fromEntries(answers), 401: { description: 'Unauthorized' } },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group, version, kind },
    }
  }

  private id(verb: string, suffix = ''): string {
    const scope = this.kind.scope === 'Namespaced' ? 'Namespaced' : ''
    return `${verb}${groupWords(this.kind)}${scope}${this.kind.kind}${suffix}`
  }

  private list(id: string, parameters?: Json[]): Json {
    const description = `list objects of kind ${this.kind.kind}`
    return this.operation({
      action: 'list',
      id,
      description,
      answer: this.names.list,
      codes: [200],
      ...(parameters && { parameters }),
    })
  }

  everywhere(): Json {
    const { list, pretty } = this.common
    const id = `list${groupWords(this.kind)}${this.kind.kind}ForAllNamespaces`
    const parameters = [...list, pretty].sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1))
    return { get: this.list(id), parameters }
  }

  collection(shared: Json[]): Json {
    const { kind } = this.kind
    const { item } = this.names
    const { list, create } = this.common
    const scope = this.kind.scope === 'Namespaced' ? 'Namespaced' : ''
    return {
      get: this.list(this.id('list'), list),
      post: this.operation({
        action: 'post',
        id: this.id('create'),
        description: `create ${article(kind)} ${kind}`,
        answer: item,
        codes: [200, 201, 202],
        parameters: create,
        body: { name: item },
      }),
      delete: this.operation({
        action: 'deletecollection',
        id: `delete${groupWords(this.kind)}Collection${scope}${kind}`,
        description: `delete collection of ${kind}`,
        answer: metaName('Status'),
        codes: [200],
        parameters: list,
      }),
      parameters: shared,
    }
  }

  /** Of the object, or of one of its subresources. */
  view(shared: Json[], subresource = ''): Json {
    const { kind } = this.kind
    const answer = subresource === 'scale' ? this.names.scale : this.names.item
    const of = subresource ? ` ${subresource} of` : ''
    const { list, create, patch } = this.common
    const suffix = pascal(subresource)
    return {
      get: this.operation({
        action: 'get',
        id: this.id('read', suffix),
        description: `read${of} the specified ${kind}`,
        answer,
        codes: [200],
        parameters: list.filter(({ name }) => name === 'resourceVersion'),
      }),
      put: this.operation({
        action: 'put',
        id: this.id('replace', suffix),
        description: `replace${of} the specified ${kind}`,
        answer,
        codes: [200, 201],
        parameters: create,
        body: { name: answer },
      }),
      ...(!subresource && { delete: this.removal() }),
      patch: this.operation({
        action: 'patch',
        id: this.id('patch', suffix),
        description: `partially update${of} the specified ${kind}`,
        answer,
        codes: [200],
        parameters: patch,
        body: { name: metaName('Patch'), types: patchTypes },
      }),
      parameters: shared,
    }
  }

  private removal(): Json {
    const { kind } = this.kind
    return this.operation({
      action: 'delete',
      id: this.id('delete'),
      description: `delete ${article(kind)} ${kind}`,
      answer: metaName('Status'),
      codes: [200, 202],
      parameters: this.common.delete,
      body: { name: metaName('DeleteOptions'), optional: true },
    })
  }
}

/** Path items of OpenAPI v3 by path. */
export function customPaths(kind: AnyKind, names: OperationNames, common: CommonParameters): Record<string, Json> {
  const describer = new Describer(kind, names, common)
  const root = `/apis/${kind.apiVersion}`
  const namespaced = kind.scope === 'Namespaced'
  const base = `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${kind.names.plural}`
  const shared = namespaced ? [common.namespace, common.pretty] : [common.pretty]
  const nameParameter = {
    name: 'name',
    in: 'path',
    description: `name of the ${kind.kind}`,
    required: true,
    schema: { type: 'string', uniqueItems: true },
  }
  const named = [nameParameter, ...shared]
  return {
    ...(namespaced && { [`${root}/${kind.names.plural}`]: describer.everywhere() }),
    [base]: describer.collection(shared),
    [`${base}/{name}`]: describer.view(named),
    ...(kind.subresources.scale && { [`${base}/{name}/scale`]: describer.view(named, 'scale') }),
    ...(kind.subresources.status && { [`${base}/{name}/status`]: describer.view(named, 'status') }),
  }
}

const methods = ['get', 'put', 'post', 'delete', 'patch']

const parameterForV2 = ({ schema, ...rest }: Json): Json => ({ ...(schema as Json), ...rest })
const forV2 = (schema: Json): Json => ({ $ref: String(schema.$ref).replace(referenceTo('', 3), referenceTo('', 2)) })

function operationForV2({ requestBody, responses, parameters = [], ...rest }: Json): Json {
  const { content, required } = (requestBody ?? {}) as {
    content?: Record<string, { schema: Json }>
    required?: boolean
  }
  const [first] = Object.values(content ?? {})
  const body = first && { name: 'body', in: 'body', ...(required && { required }), schema: forV2(first.schema) }
  const all = [...(body ? [body] : []), ...(parameters as Json[]).map(parameterForV2)]
  const answers = Object.entries(responses as Record<string, Json>).map(([code, { description, content: answer }]) => {
    const [form] = Object.values((answer ?? {}) as Record<string, { schema: Json }>)
    return [code, { description, ...(form && { schema: forV2(form.schema) }) }]
  })
  return {
    ...rest,
    consumes: rest['x-kubernetes-action'] === 'patch' ? patchTypesInV2 : mediaTypes,
    produces: mediaTypes,
    schemes: ['https'],
    ...(all.length && { parameters: all }),
    responses: Object.fromEntries(answers),
  }
}

/** The same path item in the words of OpenAPI v2. */
export const pathForV2 = (item: Json): Json => ({
  ...Object.fromEntries(methods.filter(method => item[method]).map(m => [m, operationForV2(item[m] as Json)])),
  parameters: (item.parameters as Json[]).map(parameterForV2),
})
