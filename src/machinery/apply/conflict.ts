/** What is said when an apply would take fields from others. */
import { StatusError } from '../status-error.js'
import { type FieldSet, pathsOf } from './field-set.js'
import type { ManagerEntry, Managers } from './managers.js'
import { type PathElement, printElement } from './path-element.js'

interface Conflict {
  readonly owner: ManagerEntry
  readonly path: readonly PathElement[]
}

/** Fields that an apply wants, by the identity of the manager that owns them. */
export type Conflicts = ReadonlyMap<string, FieldSet>

export const printPath = (path: readonly PathElement[]): string => path.map(printElement).join('')

function printOwner({ manager, operation, apiVersion, subresource }: ManagerEntry): string {
  const name = `${JSON.stringify(manager)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''}`
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}

function messageOf(conflicts: readonly Conflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first)
    return `Apply failed with 1 conflict: conflict with ${printOwner(first.owner)}: ${printPath(first.path)}`
  const lines: string[] = []
  let owner: ManagerEntry | undefined
  for (const conflict of conflicts) {
    if (conflict.owner !== owner) lines.push(`conflicts with ${printOwner(conflict.owner)}:`)
    owner = conflict.owner
    lines.push(`- ${printPath(conflict.path)}`)
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

/** 409 with one cause a field. */
export function conflictError(managers: Managers, found: Conflicts): StatusError {
  const conflicts: Conflict[] = []
  for (const [id, set] of [...found].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const path of pathsOf(set)) conflicts.push({ owner: managers.get(id)!, path })
  return new StatusError(409, 'Conflict', messageOf(conflicts), {
    causes: conflicts.map(({ owner, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${printOwner(owner)}`,
      field: printPath(path),
    })),
  })
}
