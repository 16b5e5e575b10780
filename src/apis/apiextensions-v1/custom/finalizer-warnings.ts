/** Warnings about the names of finalizers that custom resources get: built-in kinds refuse such names. */
import { isQualifiedName } from '../../../machinery/names.js'
import type { ObjectMeta } from '../../../machinery/object-meta.js'

const standard: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

function* warningsOf(name: string): Generator<string> {
  const about = `metadata.finalizers: ${JSON.stringify(name)}:`
  for (const message of isQualifiedName(name)) yield `${about} ${message}`
  if (name.includes('/') || standard.has(name)) return
  const path = name.includes('.') ? ' including a path (/)' : ''
  yield `${about} prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`
}

export function finalizerWarnings({ finalizers = [] }: ObjectMeta, old?: ObjectMeta): string[] {
  const added = finalizers.filter(name => !old?.finalizers?.includes(name))
  return [...new Set(added)].sort().flatMap(name => [...warningsOf(name)])
}
