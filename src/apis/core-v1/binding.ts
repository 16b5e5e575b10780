/** Binding assigns a pod to a node. It is never stored: creating it sets spec.nodeName of the pod of that name. */
import { type FieldError, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { Binding } from '../generated/core-v1.js'

/** Also for the `binding` subresource of pods. */
export function* validateBinding({ target }: Binding): Generator<FieldError> {
  if (target?.kind && target.kind !== 'Node') yield notSupported('target.kind', target.kind, ['Node', '<empty>'])
  if (!target?.name) yield required('target.name')
}

export const binding = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  scope: 'Namespaced',
  names: { plural: 'bindings' },
  verbs: ['create'],
  validate: validateBinding,
  strategy: { bumpGenerationOn: [], validateName: nameIsPathSegment },
})
