/**
 * The OpenAPI v2 document as protobuf (openapi.v2.Document of gnostic's OpenAPIv2.proto, whose field numbers stand below).
 * Old kubectls ask for nothing else.
 */
import { count, double, flag, message, nested, type Part, text, texts } from './wire.js'
import { yamlText } from './yaml-text.js'

type Json = Record<string, unknown>

/** NamedX messages: `{ name = 1, value = 2 }`, repeated. */
const named = (number: number, values: unknown, encode: (value: Json) => Buffer): Part[] =>
  Object.entries((values ?? {}) as Record<string, Json>).map(([name, value]) =>
    nested(number, message(text(1, name), nested(2, encode(value)))),
  )

/** Any, holding YAML. */
const any = (value: unknown): Buffer => message(text(2, yamlText(value)))

const extensions = (number: number, json: Json): Part[] =>
  Object.entries(json)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => nested(number, message(text(1, name), nested(2, any(value)))))

const list = (value: unknown) => (Array.isArray(value) ? (value as Json[]) : [])

/** Only custom resources have such. */
const limits = (json: Json): Part[] => [
  double(6, json.multipleOf),
  double(7, json.maximum),
  flag(8, json.exclusiveMaximum),
  double(9, json.minimum),
  flag(10, json.exclusiveMinimum),
  count(11, json.maxLength),
  count(12, json.minLength),
  text(13, json.pattern),
  count(14, json.maxItems),
  count(15, json.minItems),
  flag(16, json.uniqueItems),
  count(17, json.maxProperties),
  count(18, json.minProperties),
]

function schema(json: Json): Buffer {
  const additional = json.additionalProperties as Json | undefined
  return message(
    text(1, json.$ref),
    text(2, json.format),
    text(3, json.title),
    text(4, json.description),
    json.default === undefined ? undefined : nested(5, any(json.default)),
    limits(json),
    texts(19, json.required),
    list(json.enum).map(value => nested(20, any(value))),
    nested(21, additional && message(nested(1, schema(additional)))),
    typeof json.type === 'string' ? nested(22, message(texts(1, [json.type]))) : undefined,
    nested(23, json.items ? message(nested(1, schema(json.items as Json))) : undefined),
    nested(25, json.properties ? message(named(1, json.properties, schema)) : undefined),
    extensions(31, json),
  )
}

function parameter(json: Json): Buffer {
  if (json.in === 'body') {
    const body = [text(1, json.description), text(2, json.name), text(3, json.in), flag(4, json.required)]
    return message(nested(1, message(body, nested(5, schema(json.schema as Json)))))
  }
  const head = [flag(1, json.required), text(2, json.in), text(3, json.description), text(4, json.name)]
  const isPath = json.in === 'path'
  // Sub-schemas of parameters: path = 4, query = 3; the path's fields have numbers one lower, for want of allowEmptyValue.
  const type = isPath
    ? [text(5, json.type), flag(19, json.uniqueItems)]
    : [text(6, json.type), flag(20, json.uniqueItems)]
  return message(nested(2, message(nested(isPath ? 4 : 3, message(head, type)))))
}

const parameters = (number: number, values: unknown): Part[] =>
  list(values).map(json =>
    nested(number, json.$ref ? message(nested(2, message(text(1, json.$ref)))) : message(nested(1, parameter(json)))),
  )

function response(json: Json): Buffer {
  const content = json.schema ? message(nested(1, schema(json.schema as Json))) : undefined
  return message(nested(1, message(text(1, json.description), nested(2, content))))
}

const operation = (json: Json): Buffer =>
  message(
    texts(1, json.tags),
    text(3, json.description),
    text(5, json.operationId),
    texts(6, json.produces),
    texts(7, json.consumes),
    parameters(8, json.parameters),
    nested(9, message(named(1, json.responses, response))),
    texts(10, json.schemes),
    extensions(13, json),
  )

const verbNumbers = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 }

const pathItem = (json: Json): Buffer =>
  message(
    Object.entries(verbNumbers).map(([verb, number]) =>
      json[verb] ? nested(number, operation(json[verb] as Json)) : undefined,
    ),
    parameters(9, json.parameters),
  )

const securityDefinition = (json: Json): Buffer =>
  message(nested(2, message(text(1, json.type), text(2, json.name), text(3, json.in), text(4, json.description))))

interface Addition {
  paths: Json
  definitions: Json
  parameters?: Json
}

/** These alone: appended to a whole document, they are added to its own. */
export const encodeAddition = ({ paths, definitions, parameters: shared }: Addition): Buffer =>
  message(
    nested(8, message(named(2, paths, pathItem))),
    nested(9, message(named(1, definitions, schema))),
    shared && nested(10, message(named(1, shared, parameter))),
  )

/** Encodes a whole document. */
export function encodeV2(document: Json): Buffer {
  const info = document.info as Json
  return message(
    text(1, document.swagger),
    nested(2, message(text(1, info.title), text(2, info.version))),
    nested(8, message(named(2, document.paths, pathItem))),
    nested(9, message(named(1, document.definitions, schema))),
    nested(10, message(named(1, document.parameters, parameter))),
    list(document.security).map(json => nested(12, message(named(1, json, scopes => message(texts(1, scopes)))))),
    nested(13, message(named(1, document.securityDefinitions, securityDefinition))),
  )
}
