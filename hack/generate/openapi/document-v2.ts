/** The OpenAPI v2 document. */
import { createHash } from 'node:crypto'
import type { Definition } from '../definitions.js'
import { emitDefinition, emitShape, type Json } from './emit-schema.js'
import { type Operation, type Parameter, type PathItem, securityScheme, statusTexts } from './operations.js'

/** Parameters that the original repeats where they are used. */
const inlineParameters = new Set(['dryRun', 'fieldValidation', 'name'])

/** Bodies that the original shares. */
const isSharedBody = (ref: string) => ref.endsWith('.DeleteOptions') || ref.endsWith('.Patch')

/** Emits parameters, and collects those that many operations share under a name made from their content. */
class ParameterTable {
  readonly shared: Record<string, Json> = {}

  private share(name: string, parameter: Json): Json {
    const key = `${name}-${createHash('sha256').update(JSON.stringify(parameter)).digest('base64url').slice(0, 8)}`
    this.shared[key] = parameter
    return { $ref: `#/parameters/${key}` }
  }

  emit({ name, in: place, doc, required, type }: Parameter): Json {
    const head = { uniqueItems: true, type, ...(doc && { description: doc }), name, in: place }
    const parameter = { ...head, ...(required && { required: true }) }
    return inlineParameters.has(name) ? parameter : this.share(name, parameter)
  }

  body({ ref, required }: NonNullable<Operation['body']>): Json {
    const schema = { $ref: `#/definitions/${ref}` }
    const parameter = { name: 'body', in: 'body', ...(required && { required: true }), schema }
    return isSharedBody(ref) ? this.share('body', parameter) : parameter
  }
}

function emitOperation(operation: PathItem['operations'][number], table: ParameterTable): Json {
  const { own, body, action, gvk } = operation
  const parameters = [...(body ? [table.body(body)] : []), ...own.map(parameter => table.emit(parameter))]
  const responses = Object.entries(operation.responses).map(([code, shape]) => {
    return [code, { description: statusTexts[code], ...(shape && { schema: emitShape(shape, 2) }) }]
  })
  return {
    ...(operation.doc && { description: operation.doc }),
    ...(operation.consumes.length > 0 && { consumes: operation.consumes }),
    produces: operation.produces,
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.id,
    ...(parameters.length > 0 && { parameters }),
    responses: Object.fromEntries(responses),
    ...(action && { 'x-kubernetes-action': action }),
    ...(gvk && { 'x-kubernetes-group-version-kind': gvk }),
  }
}

export interface DocumentSources {
  definitions: readonly Definition[]
  paths: readonly PathItem[]
  /** Such as `1.34`. */
  version: string
}

export function emitV2({ definitions, paths, version }: DocumentSources): Json {
  const table = new ParameterTable()
  const emitted = paths.map(({ path, shared, operations }) => {
    const byVerb = operations.map(operation => [operation.verb, emitOperation(operation, table)])
    const parameters = shared.map(parameter => table.emit(parameter))
    return [path, { ...Object.fromEntries(byVerb), ...(parameters.length > 0 && { parameters }) }]
  })
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(emitted),
    definitions: Object.fromEntries(definitions.map(definition => [definition.full, emitDefinition(definition, 2)])),
    parameters: Object.fromEntries(Object.entries(table.shared).sort(([a], [b]) => (a < b ? -1 : 1))),
    securityDefinitions: securityScheme,
    security: [{ BearerToken: [] }],
  }
}
