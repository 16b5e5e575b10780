/** Changes to an object, most of which a server has to refuse. */

import type { Chooser } from './random.js'
import { removeAt, setAt, valueAt } from './references.js'
import { type FieldPlace, placesIn, placesOf } from './schema-places.js'
import type { Body, Place } from './sequence.js'
import { schemaNameOf, type Template } from './templates/template.js'
import { type ValueContext, valueFor, wrongValue } from './values.js'

export interface Change {
  /** What was done, in few words. */
  note: string
  place?: Place
  /** Undefined removes. */
  value?: unknown
}

/** Fields that shallow, or whose parent the object has, are chosen more often than the many in the depths. */
function pickField(object: unknown, template: Template, context: ValueContext): FieldPlace {
  const places = placesOf(schemaNameOf(template), context.schemas).filter(({ place }) => !isFrozen(template, place))
  const near = places.filter(({ place }) => place.length === 1 || valueAt(object, place.slice(0, -1)) !== undefined)
  return context.random.pick(near.length && context.random.chance(0.8) ? near : places)
}

const isFrozen = ({ frozen }: Template, place: Place) => place.some(key => frozen?.includes(String(key)))

const describe = (place: Place): string => place.join('.')

const names = ['', 'Upper', 'a_b', '-a', 'a'.repeat(254), 'a/b', '.', '..', 'a%b', 'ok.name', 'ünï', 'a'.repeat(64)]
const keys = [
  '',
  'a',
  'example.com/a',
  '/a',
  'a/',
  'A B',
  'x'.repeat(64),
  `${'x'.repeat(254)}/a`,
  'a/b/c',
  'kubernetes.io/a',
  'Ex.com/_',
]
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: '6f9619ff-8b86-4011-b42d-00c04fc964ff' }

/** Changes of metadata: [place, values]. */
const metadataChoices: readonly (readonly [string, readonly unknown[]])[] = [
  ['name', names],
  ['generateName', ['gen-', 'Gen_', 'a'.repeat(70), '', 5]],
  ['namespace', ['other', '', 'A B', 5]],
  [
    'labels',
    [
      ...keys.map(key => ({ [key]: 'v' })),
      ...['-', 'a b', 'x'.repeat(64), ''].map(v => ({ a: v })),
      { a: 1 },
      [],
      'x',
      null,
    ],
  ],
  ['annotations', [...keys.map(key => ({ [key]: 'any value' })), { a: 'x'.repeat(263_000) }, { a: true }, null]],
  [
    'finalizers',
    [['example.com/f'], ['plain'], [''], ['a b'], ['orphan', 'foregroundDeletion'], ['kubernetes'], [5], 'x'],
  ],
  [
    'ownerReferences',
    [
      [owner],
      [{}],
      [owner, owner],
      [
        { ...owner, controller: true },
        { ...owner, uid: 'b', controller: true },
      ],
      [{ ...owner, apiVersion: 'a/b/c' }],
      [{ ...owner, kind: 'Event', apiVersion: 'v1' }],
      [{ ...owner, blockOwnerDeletion: true }],
      {},
    ],
  ],
  ['uid', ['', 'x', 5]],
  ['resourceVersion', ['1', '', 'x', '0', 5]],
  ['creationTimestamp', [null, '2020-01-01T00:00:00Z', 'x']],
  ['deletionTimestamp', ['2020-01-01T00:00:00Z']],
  ['deletionGracePeriodSeconds', [5, -1, 'x']],
  ['generation', [7, -1, 'x']],
  ['selfLink', ['/x']],
  [
    'managedFields',
    [
      [],
      [{}],
      [{ manager: 'm', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
      [{ operation: 'Odd' }],
      [{ manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'Other' }],
    ],
  ],
  ['unknownMeta', ['x']],
]

function metadataChange({ random }: ValueContext): Change {
  const [field, values] = random.pick(metadataChoices)
  const value = random.pick(values)
  return { note: `metadata.${field}`, place: ['metadata', field], value }
}

function setField(object: unknown, template: Template, context: ValueContext): Change {
  const { place, field } = pickField(object, template, context)
  return { note: `set ${describe(place)}`, place, value: valueFor(field, context) }
}

function wrongType(object: unknown, template: Template, context: ValueContext): Change {
  const { random } = context
  const existing = [...placesIn(object)].filter(place => place[0] !== 'metadata' && !isFrozen(template, place))
  const place =
    existing.length && random.chance(0.5) ? random.pick(existing) : pickField(object, template, context).place
  return { note: `wrong type ${describe(place)}`, place, value: wrongValue(random) }
}

function removeField(object: unknown, template: Template, { random }: ValueContext): Change {
  const existing = [...placesIn(object)].filter(place => place[0] !== 'metadata' && !isFrozen(template, place))
  const place = random.pick(existing.length ? existing : [['metadata', 'name'] as Place])
  return { note: `remove ${describe(place)}`, place, ...(random.chance(0.3) && { value: null }) }
}

function unknownField(object: unknown, _: Template, { random }: ValueContext): Change {
  const inside = [...placesIn(object)].filter(place => {
    const value = valueAt(object, place)
    return value !== null && typeof value === 'object' && !Array.isArray(value)
  })
  const place = [...random.pick<Place>([[], ...inside]), random.pick(['unknownField', 'Spec', 'a.b', ''])]
  return { note: `unknown ${describe(place)}`, place, value: random.pick<unknown>(['x', 1, {}, null]) }
}

function typeMeta(_: unknown, __: Template, { random }: ValueContext): Change {
  const place = random.pick(['apiVersion', 'kind'])
  return {
    note: place,
    place: [place],
    value: random.pick<unknown>(['', 'x', 'v1', 'apps/v1', 'a/b/c', 'Pod', 'List', 5, null, undefined]),
  }
}

function doubleItem(object: unknown, template: Template, context: ValueContext): Change {
  const lists = [...placesIn(object)].filter(place => Array.isArray(valueAt(object, place)))
  if (!lists.length) return setField(object, template, context)
  const place = context.random.pick(lists)
  const items = valueAt(object, place) as unknown[]
  return { note: `double ${describe(place)}`, place, value: [...items, ...items] }
}

const weighted: readonly [number, (object: unknown, template: Template, context: ValueContext) => Change][] = [
  [0.5, setField],
  [0.12, wrongType],
  [0.1, removeField],
  [0.08, unknownField],
  [0.12, (_, __, context) => metadataChange(context)],
  [0.03, typeMeta],
  [0.05, doubleItem],
]

/** One change that makes sense, or just not, for this object. */
export function pickChange(object: unknown, template: Template, context: ValueContext): Change {
  let at = context.random.next()
  for (const [weight, make] of weighted) if ((at -= weight) < 0) return make(object, template, context)
  return setField(object, template, context)
}

/** Applies changes to a copy. */
export function changed(object: unknown, changes: readonly Change[]): unknown {
  const copy = structuredClone(object)
  for (const { place, value } of changes)
    if (place) value === undefined ? removeAt(copy, place) : setAt(copy, place, structuredClone(value))
  return copy
}

/** The same as a body made of an earlier answer. */
export function changedAnswer(step: number, changes: readonly Change[]): Body {
  const set: (readonly [Place, unknown])[] = []
  const remove: Place[] = []
  for (const { place, value } of changes) if (place) value === undefined ? remove.push(place) : set.push([place, value])
  return { from: step, ...(set.length && { set }), ...(remove.length && { remove }) }
}

/** JSON text in which a field of some object stands twice. */
export function duplicateField(object: unknown, random: Chooser): { note: string; text: string } {
  const text = JSON.stringify(object)
  const fields = [...text.matchAll(/"(\w+)":("[^"]*"|\d+|true|false)/g)]
  if (!fields.length) return { note: 'duplicate none', text }
  const field = random.pick(fields)
  return { note: `duplicate ${field[1]}`, text: `${text.slice(0, field.index)}${field[0]},${text.slice(field.index)}` }
}
