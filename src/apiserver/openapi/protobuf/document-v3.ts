/** An OpenAPI v3 document as protobuf (openapi.v3.Document of gnostic's OpenAPIv3.proto, whose field numbers stand below). */
import { count, double, flag, message, nested, type Part, text, texts } from './wire.js'
import { yamlText } from './yaml-text.js'

type Json = Record<string, unknown>
type Encode = (value: Json) => Buffer

const any = (value: unknown): Buffer => message(text(2, yamlText(value)))
const list = (value: unknown) => (Array.isArray(value) ? (value as Json[]) : [])

/** `{ additional_properties = 1 { name = 1, value = 2 } }`, or the same with another number. */
const named = (values: unknown, encode: Encode, number = 1): Part[] =>
  Object.entries((values ?? {}) as Record<string, Json>).map(([name, value]) =>
    nested(number, message(text(1, name), nested(2, encode(value)))),
  )

const extensions = (number: number, json: Json): Part[] =>
  named(Object.fromEntries(Object.entries(json).filter(([name]) => name.startsWith('x-'))), any, number)

const present = (value: unknown, encode: Encode): Buffer | undefined =>
  value === undefined ? undefined : encode(value as Json)

/** `{ thing = 1 }` or `{ reference = 2 { _ref = 1 } }`. */
const orReference =
  (encode: Encode): Encode =>
  json =>
    json.$ref === undefined ? message(nested(1, encode(json))) : message(nested(2, message(text(1, json.$ref))))

function defaultType(value: unknown): Buffer {
  if (typeof value === 'boolean') return value ? message(flag(2, true)) : Buffer.from([2 * 8, 0])
  if (typeof value === 'string') return value ? message(text(3, value)) : Buffer.from([3 * 8 + 2, 0])
  if (typeof value === 'number') return value ? message(double(1, value)) : Buffer.from([8 + 1, 0, 0, 0, 0, 0, 0, 0, 0])
  return Buffer.alloc(0)
}

const additionalProperties = (value: unknown): Buffer =>
  typeof value === 'boolean' ? Buffer.from([2 * 8, value ? 1 : 0]) : message(nested(1, anySchema(value as Json)))

const limits = (json: Json): Part[] => [
  double(10, json.multipleOf),
  double(11, json.maximum),
  flag(12, json.exclusiveMaximum),
  double(13, json.minimum),
  flag(14, json.exclusiveMinimum),
  count(15, json.maxLength),
  count(16, json.minLength),
  text(17, json.pattern),
  count(18, json.maxItems),
  count(19, json.minItems),
  flag(20, json.uniqueItems),
  count(21, json.maxProperties),
  count(22, json.minProperties),
]

const schema: Encode = json =>
  message(
    flag(1, json.nullable),
    flag(3, json.readOnly),
    flag(4, json.writeOnly),
    present(json.example, value => message(nested(7, any(value)))),
    flag(8, json.deprecated),
    text(9, json.title),
    limits(json),
    texts(23, json.required),
    list(json.enum).map(value => nested(24, any(value))),
    text(25, json.type),
    list(json.allOf).map(value => nested(26, anySchema(value))),
    list(json.oneOf).map(value => nested(27, anySchema(value))),
    list(json.anyOf).map(value => nested(28, anySchema(value))),
    nested(29, present(json.not, schema)),
    nested(
      30,
      present(json.items, items => message(nested(1, anySchema(items)))),
    ),
    nested(
      31,
      present(json.properties, properties => message(named(properties, anySchema))),
    ),
    nested(32, present(json.additionalProperties, additionalProperties)),
    nested(33, present(json.default, defaultType)),
    text(34, json.description),
    text(35, json.format),
    extensions(36, json),
  )

const anySchema: Encode = orReference(json => schema(json))

const mediaTypes: Encode = json =>
  message(named(json, media => message(nested(1, present(media.schema, anySchema)), extensions(5, media))))

const parameter: Encode = orReference(json =>
  message(
    text(1, json.name),
    text(2, json.in),
    text(3, json.description),
    flag(4, json.required),
    flag(5, json.deprecated),
    flag(6, json.allowEmptyValue),
    text(7, json.style),
    flag(8, json.explode),
    flag(9, json.allowReserved),
    nested(10, present(json.schema, anySchema)),
    nested(13, present(json.content, mediaTypes)),
    extensions(14, json),
  ),
)

const requestBody: Encode = orReference(json =>
  message(
    text(1, json.description),
    nested(2, present(json.content, mediaTypes)),
    flag(3, json.required),
    extensions(4, json),
  ),
)

const response: Encode = orReference(json =>
  message(text(1, json.description), nested(3, present(json.content, mediaTypes)), extensions(5, json)),
)

const responses: Encode = ({ default: otherwise, ...codes }) =>
  message(nested(1, present(otherwise, response)), named(codes, response, 2))

const operation: Encode = json =>
  message(
    texts(1, json.tags),
    text(2, json.summary),
    text(3, json.description),
    text(5, json.operationId),
    list(json.parameters).map(value => nested(6, parameter(value))),
    nested(7, present(json.requestBody, requestBody)),
    nested(8, present(json.responses, responses)),
    flag(10, json.deprecated),
    extensions(13, json),
  )

const verbNumbers = { get: 4, put: 5, post: 6, delete: 7, options: 8, head: 9, patch: 10, trace: 11 }

const pathItem: Encode = json =>
  message(
    text(1, json.$ref),
    text(2, json.summary),
    text(3, json.description),
    Object.entries(verbNumbers).map(([verb, number]) => nested(number, present(json[verb], operation))),
    list(json.parameters).map(value => nested(13, parameter(value))),
    extensions(14, json),
  )

const securityScheme: Encode = orReference(json =>
  message(
    text(1, json.type),
    text(2, json.description),
    text(3, json.name),
    text(4, json.in),
    text(5, json.scheme),
    text(6, json.bearerFormat),
  ),
)

const components: Encode = json =>
  message(
    nested(
      1,
      present(json.schemas, schemas => message(named(schemas, anySchema))),
    ),
    nested(
      7,
      present(json.securitySchemes, schemes => message(named(schemes, securityScheme))),
    ),
  )

/** Encodes a whole document. */
export function encodeV3(document: Json): Buffer {
  const info = (document.info ?? {}) as Json
  return message(
    text(1, document.openapi),
    nested(2, message(text(1, info.title), text(2, info.description), text(6, info.version))),
    nested(
      4,
      present(document.paths, paths => message(named(paths, pathItem))),
    ),
    nested(5, present(document.components, components)),
    list(document.security).map(json => nested(6, message(named(json, scopes => message(texts(1, scopes)))))),
  )
}
