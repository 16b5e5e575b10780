/** Reads custom resources: metadata as every object has it, the rest by the schema of their definition. */
import type { CustomCodec } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { DecodeError } from '../../../machinery/schema/decode-error.js'
import type { SchemaSet } from '../../../machinery/schema/types.js'
import {
  coerceEmbedded,
  decodeMetadata,
  EmbeddedResourceError,
} from '../../../machinery/structural/embedded-metadata.js'
import { isJsonObject, type JsonSchema } from '../../../machinery/structural/json-schema.js'
import { pruneNulls, pruneUnknown } from '../../../machinery/structural/prune.js'
import { typeSchemasOf } from './type-schemas.js'

export interface CodecOptions {
  schema: JsonSchema
  /** Name of the kind's type. */
  name: string
  builtin: SchemaSet
}

/** What does not fit is an error to a client and is dropped from what is stored. */
type Manner = 'strict' | 'drop'

function metadataOf({ builtin }: CodecOptions, metadata: unknown, manner: Manner) {
  if (metadata === undefined || metadata === null) return { metadata: {}, unknown: [] }
  try {
    return decodeMetadata(builtin, metadata)
  } catch (error) {
    if (manner === 'strict' || !isJsonObject(metadata)) throw error
    const fitting = Object.entries(metadata).filter(([name, value]) => {
      try {
        decodeMetadata(builtin, { [name]: value })
        return true
      } catch {
        return false
      }
    })
    return decodeMetadata(builtin, Object.fromEntries(fitting))
  }
}

/** Changes `body` into an object of the schema; returns the paths of what was dropped, in upstream's order. */
export function shapeObject(options: CodecOptions, body: Record<string, unknown>, manner: Manner): string[] {
  const { schema, builtin } = options
  const { metadata, unknown } = metadataOf(options, body.metadata, manner)
  body.metadata = metadata
  const pruned = pruneUnknown(body, schema, true)
  pruneNulls(body, schema)
  const { metadata: _, ...properties } = schema.properties ?? {}
  const embedded = coerceEmbedded(builtin, { ...schema, properties }, body, manner === 'drop')
  return [...unknown.map(path => `metadata.${path}`), ...pruned, ...embedded]
}

export function newCustomCodec(options: CodecOptions): Pick<CustomCodec, 'schemas' | 'decode'> {
  let schemas: SchemaSet | undefined
  return {
    schemas: () => (schemas ??= typeSchemasOf(options.name, options.schema, options.builtin)),
    decode(body) {
      try {
        const paths = shapeObject(options, body, 'strict')
        return { object: body as AnyObject, errors: paths.map(path => `unknown field ${JSON.stringify(path)}`) }
      } catch (error) {
        throw error instanceof EmbeddedResourceError ? new DecodeError(error.message) : error
      }
    },
  }
}
