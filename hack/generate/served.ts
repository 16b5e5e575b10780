/** Picks what a server with v1.34's default configuration serves out of everything the client library knows. */
import type { ClientOperation } from './client-operations.js'
import type { Definition, Shape } from './definitions.js'
import { groupVersionOfPath, type TypeName } from './naming.js'

/** `served` lists group versions: `v1`, `apps/v1`. */
export function servedOperations(operations: readonly ClientOperation[], served: readonly string[]): ClientOperation[] {
  return operations.filter(({ path }) => {
    const groupVersion = groupVersionOfPath(path)
    if (groupVersion) {
      const { group, version } = groupVersion
      return served.includes(group ? `${group}/${version}` : version)
    }
    const group = /^\/apis\/([^/]+)\/$/.exec(path)?.[1]
    return !group || served.some(groupVersion => groupVersion.startsWith(`${group}/`))
  })
}

function refsOf(shape: Shape): string[] {
  return [shape.ref, ...[shape.items, shape.values].flatMap(inner => (inner ? refsOf(inner) : []))].filter(
    ref => ref !== undefined,
  )
}

/** Definitions that the operations and `extra` (full names) lead to, sorted by name. */
export function reachableDefinitions(
  definitions: ReadonlyMap<string, Definition>,
  operations: readonly ClientOperation[],
  names: ReadonlyMap<string, TypeName>,
  extra: readonly string[],
): Definition[] {
  const found = new Set<string>()
  const visit = (full: string) => {
    const definition = definitions.get(full)
    if (!definition || found.has(full)) return
    found.add(full)
    for (const shape of Object.values(definition.fields)) for (const ref of refsOf(shape)) visit(ref)
  }
  for (const operation of operations)
    for (const type of [operation.body?.type ?? '', ...Object.values(operation.responses)])
      if (names.has(type)) visit(names.get(type)!.full)
  for (const full of extra) visit(full)
  return [...definitions.values()].filter(definition => found.has(definition.full))
}
