/** RuntimeClass names a way to run containers, with what it costs and where it can be had. */
import { duplicate, type FieldError } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { validateLabels } from '../../machinery/selector/index.js'
import { internalForm } from '../core-v1/internal-form.js'
import { validateContainerResources } from '../core-v1/pod-spec/resources.js'
import { validateTolerations } from '../core-v1/pod-spec/tolerations.js'
import type { Toleration } from '../generated/core-v1.js'
import type { RuntimeClass } from '../generated/node-v1.js'
import { age } from '../printing/age.js'
import { validateDnsLabel } from '../validation/text.js'

function* validateUnique(tolerations: readonly Toleration[]): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, toleration] of tolerations.entries()) {
    const { key = '', operator = '', value = '', effect = '' } = toleration
    const id = JSON.stringify([key, operator, value, effect])
    if (seen.has(id)) yield duplicate(`scheduling.tolerations[${i}]`, internalForm('Toleration', toleration))
    seen.add(id)
  }
}

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  scope: 'Cluster',
  names: { plural: 'runtimeclasses' },
  anyFinalizers: true,

  updateChecks: ['meta', 'spec', 'metaUpdate', 'immutable'],
  *validate({ handler, overhead, scheduling }) {
    yield* validateDnsLabel(handler, 'handler')
    if (overhead) yield* validateContainerResources({ limits: overhead.podFixed }, new Set(), 'overhead')
    if (!scheduling) return
    yield* validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector')
    // The doubled step is upstream's.
    yield* validateTolerations(scheduling.tolerations, 'scheduling.tolerations.tolerations')
    yield* validateUnique(scheduling.tolerations ?? [])
  },
  immutable: ['handler'],

  strategy: { allowCreateOnUpdate: true, allowUnconditionalUpdate: false, bumpGenerationOn: [] },
  printerColumns: [{ name: 'Handler', of: ({ handler }) => handler }, age],
})
