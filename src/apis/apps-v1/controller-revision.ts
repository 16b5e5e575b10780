/** ControllerRevision is an immutable snapshot of a StatefulSet's or DaemonSet's template. */
import { invalid, required } from '../../machinery/field-error.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { defineKind } from '../../machinery/kind.js'
import type { ControllerRevision } from '../generated/apps-v1.js'
import { age } from '../printing/age.js'
import { nonNegative } from '../validation/numbers.js'

/** `statefulset.apps/web`, as kubectl names a controller. */
function controllerOf({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(o => o.controller)
  if (!owner) return '<none>'
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`
}

export const controllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  scope: 'Namespaced',
  names: { plural: 'controllerrevisions' },

  updateChecks: ['metaUpdate', 'meta', 'change'],
  *validate({ revision, data }) {
    yield* nonNegative(revision, 'revision')
    if (data === undefined || data === null) yield required('data', 'data is mandatory')
    else if (typeof data !== 'object' || Array.isArray(data)) yield required('data', 'data must be a valid JSON object')
  },
  *validateUpdate({ revision, data }, old) {
    yield* nonNegative(revision, 'revision')
    // Compared as text, to which a null is something.
    if (stringifyJson(data) !== stringifyJson(old.data)) yield invalid('data', data ?? null, 'field is immutable')
  },

  printerColumns: [
    { name: 'Controller', description: 'Controller of the object', of: controllerOf },
    {
      name: 'Revision',
      description: 'revision indicates the revision of the state represented by Data.',
      of: ({ revision }) => revision ?? 0,
    },
    age,
  ],
})
