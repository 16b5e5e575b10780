/** Creating and updating objects, right and wrong. */

import { applyMergePatch as merge } from '../../../src/machinery/patch/merge-patch.js'
import { changed, changedAnswer, duplicateField, pickChange } from '../mutations.js'
import type { Body } from '../sequence.js'
import { queryOf, validationOf } from './options.js'
import { createObject, itemPath, request, type Scenario, type Stage, validObject } from './stage.js'

function mutant(stage: Stage, n: number): { note: string; body: Body } {
  const { template, random } = stage
  const object = validObject(stage, n)
  if (random.chance(0.05)) {
    const { note, text } = duplicateField(object, random)
    return { note, body: { text } }
  }
  const changes = Array.from({ length: random.chance(0.25) ? 2 : 1 }, () => pickChange(object, template, stage))
  return { note: changes.map(c => c.note).join(', '), body: { json: changed(object, changes) } }
}

/** One object after another, each with something odd; a created one is removed at once. */
export const creations: Scenario = {
  name: 'create',
  weight: 5,
  play(stage) {
    const { random, collection } = stage
    for (let n = 0; n < 12; n++) {
      const { note, body } = mutant(stage, n)
      // Nothing is kept, so that a server that takes what the other refuses stays in step.
      const dryRun = random.chance(0.9) && !stage.template.virtual
      const query = random.chance(0.85) ? validationOf(random) : queryOf('writing', random)
      const path = dryRun ? `${collection}${query ? `${query}&` : '?'}dryRun=All` : `${collection}${query}`
      request(stage, 'create', path, { note, body })
      if (!dryRun && !stage.template.virtual) request(stage, 'delete', `${itemPath(stage, n)}?gracePeriodSeconds=0`)
    }
  },
}

/** Valid objects of every variant. */
export const variants: Scenario = {
  name: 'variants',
  weight: 1.5,
  play(stage) {
    const { template, collection } = stage
    const base = validObject(stage, 0, 0)
    const query = template.virtual ? '' : '?dryRun=All'
    request(stage, 'create', `${collection}${query}`, { body: { json: base } })
    for (const variant of template.variants.length > 12 ? pickSome(stage, template.variants) : template.variants)
      request(stage, 'create', `${collection}${query}`, { note: 'variant', body: { json: merge(base, variant) } })
  },
}

const pickSome = ({ random }: Stage, all: Stage['template']['variants']) =>
  Array.from({ length: 12 }, () => random.pick(all))

/** An object that others are made of: updates, most with something odd. */
export const updates: Scenario = {
  name: 'update',
  weight: 4,
  suits: template => !template.virtual,
  play(stage) {
    const { random, template } = stage
    const object = validObject(stage, 0)
    const created = createObject(stage, 0, object)
    request(stage, 'get', itemPath(stage, 0))
    for (let i = 0; i < 10; i++) {
      const current = request(stage, 'get', itemPath(stage, 0))
      if (template.changes.length && random.chance(0.4)) {
        const body = { json: random.pick(template.changes) }
        const headers = { 'content-type': 'application/merge-patch+json' }
        request(stage, 'patch', itemPath(stage, 0, validationOf(random)), { note: 'known change', body, headers })
        continue
      }
      const change = random.chance(0.15) ? staleChange(stage, created) : pickChange(object, template, stage)
      const query = random.chance(0.7) ? '?dryRun=All' : queryOf('writing', random)
      request(stage, 'update', itemPath(stage, 0, query), { note: change.note, body: changedAnswer(current, [change]) })
    }
    request(stage, 'get', itemPath(stage, 0))
    request(stage, 'delete', itemPath(stage, 0, queryOf('deleting', random)))
    request(stage, 'get', itemPath(stage, 0))
  },
}

/** What makes an update conflict, or not. */
function staleChange({ random }: Stage, created: number) {
  const at = (field: string, value?: unknown) => ({
    note: `metadata.${field} of another`,
    place: ['metadata', field],
    value,
  })
  return random.pick([
    at('resourceVersion', `@{${created}.metadata.resourceVersion}`),
    at('resourceVersion', '1'),
    at('resourceVersion'),
    at('uid', '6f9619ff-8b86-4011-b42d-00c04fc964ff'),
    at('uid'),
    at('name', 'other'),
    at('name'),
    at('namespace', 'other'),
    at('creationTimestamp'),
    at('labels'),
  ])
}

/** generateName, existing names, an update that creates. */
export const naming: Scenario = {
  name: 'naming',
  weight: 1,
  suits: template => !template.virtual,
  play(stage) {
    const { random, collection } = stage
    const object = validObject(stage, 0)
    createObject(stage, 0, object)
    request(stage, 'create', collection, { note: 'exists', body: { json: object } })
    const generated = { ...object, metadata: { generateName: `${stage.namespace}-gen-` } }
    const made = request(stage, 'create', collection, { note: 'generateName', body: { json: generated } })
    request(stage, 'get', `${collection}/@{${made}.metadata.name}`)
    const fresh = validObject(stage, 1)
    request(stage, 'update', itemPath(stage, 1), { note: 'update that creates', body: { json: fresh } })
    request(stage, 'delete', itemPath(stage, 1), { note: 'what may not be there' })
    request(stage, 'delete', `${collection}/@{${made}.metadata.name}`, { body: { json: { gracePeriodSeconds: 0 } } })
    request(stage, 'get', `${collection}/Bad_Name`)
    request(stage, 'create', `${collection}${queryOf('writing', random, 4)}`, { body: { json: validObject(stage, 2) } })
    request(stage, 'delete', itemPath(stage, 2, '?gracePeriodSeconds=0'))
  },
}
