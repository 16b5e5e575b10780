/** What the scenarios share: a namespace of the sequence's own, and requests for a kind. */

import { applyMergePatch as merge } from '../../../src/machinery/patch/merge-patch.js'
import type { SchemaSet } from '../../../src/machinery/schema/types.js'
import type { Chooser } from '../random.js'
import { type Body, newSequence, type SequenceBuilder, type Step } from '../sequence.js'
import { apiVersionOf, collectionPath, type Json, type Template } from '../templates/template.js'

export interface Stage {
  template: Template
  random: Chooser
  schemas: SchemaSet
  sequence: SequenceBuilder
  /** The sequence's namespace; its name also begins the names of cluster objects. */
  namespace: string
  collection: string
  kind: string
}

export interface Scenario {
  name: string
  /** How often it is chosen among those that suit the kind. */
  weight: number
  suits?(template: Template): boolean
  play(stage: Stage): void
}

const createStep = (path: string, json: Json): Step => ({
  kind: 'setup',
  verb: 'create',
  method: 'POST',
  path,
  body: { json },
  vital: true,
})

export interface StageFacts {
  template: Template
  random: Chooser
  schemas: SchemaSet
  name: string
}

/** Opens the sequence with what the kind needs to live in. */
export function openStage({ template, random, schemas, name }: StageFacts): Stage {
  const sequence = newSequence(name)
  if (template.namespaced) {
    sequence.add(createStep('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
    if (template.kind === 'Pod') {
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
      sequence.add(createStep(`/api/v1/namespaces/${name}/serviceaccounts`, account))
    }
    sequence.atEnd({ ...createStep(`/api/v1/namespaces/${name}`, {}), verb: 'delete', method: 'DELETE' })
  }
  const kind = `${apiVersionOf(template)} ${template.kind}`
  return { template, random, schemas, sequence, namespace: name, collection: collectionPath(template, name), kind }
}

/** Name of the n-th object. */
export function nameOf({ template, namespace }: Stage, n: number): string {
  const base = `${namespace}-${n}`
  return template.nameOf?.(base) ?? base
}

export const itemPath = (stage: Stage, n: number, rest = ''): string => `${stage.collection}/${nameOf(stage, n)}${rest}`

/** A valid object, sometimes with one of the variants. */
export function validObject(stage: Stage, n: number, variantChance = 0.5): Json {
  const { template, random } = stage
  const name = nameOf(stage, n)
  const metadata = template.virtual ? {} : { name, labels: { run: stage.namespace, n: `${n}` } }
  const object = { apiVersion: apiVersionOf(template), kind: template.kind, metadata, ...template.body(name) }
  if (!template.variants.length || !random.chance(variantChance)) return object
  return merge(object, random.pick(template.variants)) as Json
}

export interface RequestFacts {
  method?: string
  note?: string
  body?: Body
  headers?: Record<string, string>
  vital?: boolean
  until?: string
}

/** `verb` as Kubernetes counts it; the method follows from it. */
const methods: Record<string, string> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}

export function request(stage: Stage, verb: string, path: string, facts: RequestFacts = {}): number {
  const method = facts.method ?? methods[verb.split('/')[0]!] ?? 'GET'
  return stage.sequence.add({ kind: stage.kind, verb, method, path, ...facts })
}

/** Creates the n-th object and has it removed at the end. */
export function createObject(stage: Stage, n: number, object: Json = validObject(stage, n)): number {
  if (!stage.template.namespaced)
    stage.sequence.atEnd({
      kind: stage.kind,
      verb: 'delete',
      method: 'DELETE',
      path: `${itemPath(stage, n)}?gracePeriodSeconds=0`,
    })
  const created = request(stage, 'create', stage.collection, { body: { json: object }, vital: true })
  if (stage.template.settles) request(stage, 'get', itemPath(stage, n), { until: stage.template.settles })
  return created
}
