/** Writes shapes and definitions as OpenAPI schemas: version 2 and 3 differ in references and defaults. */
import type { Definition, Shape } from '../definitions.js'

export type Json = Record<string, unknown>
export type OpenApiVersion = 2 | 3

const prefixes = { 2: '#/definitions/', 3: '#/components/schemas/' }

function emitReference(shape: Shape, version: OpenApiVersion, isAlone: boolean): Json {
  const reference = { $ref: prefixes[version] + shape.ref }
  // Version 3 ignores what stands beside a reference, hence the wrapping.
  return version === 3 && !isAlone ? { allOf: [reference] } : reference
}

export function emitShape(shape: Shape, version: OpenApiVersion): Json {
  const head: Json = {
    ...(shape.doc && { description: shape.doc }),
    ...(shape.type && { type: shape.type }),
    ...(shape.format && { format: shape.format }),
    ...(version === 3 && shape.default !== undefined && { default: shape.default }),
    ...(shape.enum && { enum: shape.enum }),
  }
  const extensions: Json = {
    ...(shape.listMapKeys && { 'x-kubernetes-list-map-keys': shape.listMapKeys }),
    ...(shape.listType && { 'x-kubernetes-list-type': shape.listType }),
    ...(shape.mapType && { 'x-kubernetes-map-type': shape.mapType }),
    ...(shape.patchMergeKey && { 'x-kubernetes-patch-merge-key': shape.patchMergeKey }),
    ...(shape.patchStrategy && { 'x-kubernetes-patch-strategy': shape.patchStrategy.join(',') }),
  }
  const isAlone = Object.keys(head).length + Object.keys(extensions).length === 0
  return {
    ...head,
    ...(shape.ref && emitReference(shape, version, isAlone)),
    ...(shape.items && { items: emitShape(shape.items, version) }),
    ...(shape.values && { additionalProperties: emitShape(shape.values, version) }),
    ...extensions,
  }
}

export function emitDefinition(definition: Definition, version: OpenApiVersion): Json {
  const { scalar, doc, required, fields, gvk, mapType, unions } = definition
  if (scalar) return { ...(doc && { description: doc }), ...((version === 3 && scalar.v3) || scalar.v2) }
  const properties = Object.entries(fields).map(([name, shape]) => [name, emitShape(shape, version)])
  return {
    ...(doc && { description: doc }),
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(gvk && { 'x-kubernetes-group-version-kind': gvk }),
    ...(mapType && { 'x-kubernetes-map-type': mapType }),
    ...(unions && { 'x-kubernetes-unions': unions }),
  }
}
