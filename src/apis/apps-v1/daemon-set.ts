/** DaemonSet runs one pod on every node that its template fits. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { goQuote } from '../../machinery/go-quote.js'
import { defineKind } from '../../machinery/kind.js'
import { DecodeError } from '../../machinery/schema/decode-error.js'
import { formatLabels, validateLabelSelector } from '../../machinery/selector/index.js'
import {
  dropDisabledPodFields,
  podTemplateWarnings,
  setPodTemplateDefaults,
  validatePodTemplateSpec,
} from '../core-v1/pod-template.js'
import type { DaemonSet, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from '../generated/apps-v1.js'
import { age } from '../printing/age.js'
import { containerColumns } from '../printing/containers.js'
import { isZero, notMoreThan100Percent, positiveIntOrPercent } from '../validation/int-or-percent.js'
import { nonNegativeFields, notDecremented } from '../validation/numbers.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { sortedMapIn } from '../validation/sorted-map.js'
import { selectorColumn } from './columns.js'
import { matchesNothingOf, validateTemplateRestarts } from './workload.js'

const path = 'spec.updateStrategy'

/** The internal type's field; in v1 it lives on as an annotation that the server alone writes. */
const templateGeneration = 'deprecated.daemonset.template.generation'

function setTemplateGeneration({ metadata }: DaemonSet, generation: bigint): void {
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(generation) }
}

const maxInt64 = 2n ** 63n - 1n

/** Upstream reads the annotation into a field whenever it decodes one. Throws a DecodeError. */
function templateGenerationOf({ metadata }: DaemonSet): bigint {
  const text = metadata.annotations?.[templateGeneration]
  if (text === undefined) return 0n
  const refused = (why: string) => new DecodeError(`strconv.ParseInt: parsing ${goQuote(text)}: ${why}`)
  if (!/^[+-]?\d+$/.test(text)) throw refused('invalid syntax')
  const generation = BigInt(text.replace(/^\+/, ''))
  if (generation > maxInt64 || generation < -maxInt64 - 1n) throw refused('value out of range')
  return generation
}

function* validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet): Generator<FieldError> {
  yield* positiveIntOrPercent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`)
  yield* positiveIntOrPercent(maxSurge, `${path}.rollingUpdate.maxSurge`)
  yield* notMoreThan100Percent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`)
  yield* notMoreThan100Percent(maxSurge, `${path}.rollingUpdate.maxSurge`)
  if (!isZero(maxUnavailable) && !isZero(maxSurge))
    yield invalid(`${path}.rollingUpdate.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')
  if (isZero(maxUnavailable) && isZero(maxSurge))
    yield required(`${path}.rollingUpdate.maxUnavailable`, 'cannot be 0 when maxSurge is 0')
}

function* validateUpdateStrategy({ type, rollingUpdate }: DaemonSetUpdateStrategy): Generator<FieldError> {
  if (type === 'OnDelete') return
  if (type !== 'RollingUpdate') {
    const value = { Type: type ?? '', RollingUpdate: rollingUpdate ?? null }
    yield notSupported(path, value, ['RollingUpdate', 'OnDelete'])
    return
  }
  if (rollingUpdate) yield* validateRollingUpdate(rollingUpdate)
  else yield required(`${path}.rollingUpdate`)
}

export const daemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  scope: 'Namespaced',
  names: { plural: 'daemonsets', shortNames: ['ds'], categories: ['all'] },
  hiddenAnnotations: [templateGeneration],

  setDefaults(object) {
    const { spec } = object
    setTemplateGeneration(object, templateGenerationOf(object))
    spec.updateStrategy.type ||= 'RollingUpdate'
    const isRolling = spec.updateStrategy.type === 'RollingUpdate'
    if (isRolling) spec.updateStrategy.rollingUpdate ??= {}
    const { rollingUpdate } = spec.updateStrategy
    if (rollingUpdate) {
      // Upstream's internal type cannot leave them out, even where they mean nothing.
      rollingUpdate.maxUnavailable ??= isRolling ? 1 : 0
      rollingUpdate.maxSurge ??= 0
    }
    spec.revisionHistoryLimit ??= 10
    setPodTemplateDefaults(spec.template)
  },

  updateChecks: ['metaUpdate', 'change', 'immutable', 'spec'],
  *validate({ spec }) {
    if (spec.selector) yield* validateLabelSelector(spec.selector, 'spec.selector')
    const labels = spec.template.metadata?.labels
    if (matchesNothingOf(spec.selector, labels))
      yield invalid(
        'spec.template.metadata.labels',
        sortedMapIn(spec.template.metadata, 'labels'),
        '`selector` does not match template `labels`',
      )
    const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {}
    if (spec.selector && Object.keys(matchLabels).length + matchExpressions.length === 0)
      yield invalid('spec.selector', spec.selector, 'empty selector is invalid for daemonset')
    yield* validatePodTemplateSpec(spec.template, 'spec.template')
    yield* validateTemplateRestarts(spec.template, 'DaemonSet')
    yield* nonNegativeFields(spec, 'spec', ['minReadySeconds'])
    yield* validateUpdateStrategy(spec.updateStrategy)
    yield* nonNegativeFields(spec, 'spec', ['revisionHistoryLimit'])
  },
  immutable: ['spec.selector'],
  warnings: (object, old) => podTemplateWarnings(object.spec.template, 'spec.template', old?.spec.template),

  strategy: {
    prepareForCreate(object) {
      dropDisabledPodFields(object.spec.template.spec, undefined)
      const given = templateGenerationOf(object)
      setTemplateGeneration(object, given < 1n ? 1n : given)
    },
    prepareForUpdate(object, old, { subresource }) {
      const before = templateGenerationOf(old)
      setTemplateGeneration(object, before)
      if (subresource) return
      dropDisabledPodFields(object.spec.template.spec, old.spec.template.spec)
      if (!semanticEqual(object.spec.template, old.spec.template)) setTemplateGeneration(object, before + 1n)
    },
  },
  subresources: {
    status: {
      *validateUpdate({ status }, { status: old }) {
        if (!status) return
        yield* nonNegativeFields(status, 'status', [
          'currentNumberScheduled',
          'numberMisscheduled',
          'desiredNumberScheduled',
          'numberReady',
          'observedGeneration',
          'updatedNumberScheduled',
          'numberAvailable',
          'numberUnavailable',
          'collisionCount',
        ])
        yield* notDecremented(status.collisionCount, old?.collisionCount, 'status.collisionCount')
      },
    },
  },
  printerColumns: [
    {
      name: 'Desired',
      description:
        'The total number of nodes that should be running the daemon pod (including nodes correctly running the daemon pod). More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/',
      type: 'integer',
      of: ({ status }) => status?.desiredNumberScheduled ?? 0,
    },
    {
      name: 'Current',
      description:
        'The number of nodes that are running at least 1 daemon pod and are supposed to run the daemon pod. More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/',
      type: 'integer',
      of: ({ status }) => status?.currentNumberScheduled ?? 0,
    },
    {
      name: 'Ready',
      description:
        'The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and ready.',
      type: 'integer',
      of: ({ status }) => status?.numberReady ?? 0,
    },
    {
      name: 'Up-to-date',
      description: 'The total number of nodes that are running updated daemon pod',
      type: 'integer',
      of: ({ status }) => status?.updatedNumberScheduled ?? 0,
    },
    {
      name: 'Available',
      description:
        'The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available (ready for at least spec.minReadySeconds)',
      type: 'integer',
      of: ({ status }) => status?.numberAvailable ?? 0,
    },
    {
      name: 'Node Selector',
      description:
        "NodeSelector is a selector which must be true for the pod to fit on a node. Selector which must match a node's labels for the pod to be scheduled on that node. More info: https://kubernetes.io/docs/concepts/configuration/assign-pod-node/",
      of: ({ spec }) => formatLabels(spec.template.spec?.nodeSelector),
    },
    age,
    ...containerColumns<DaemonSet>(({ spec }) => spec.template.spec?.containers),
    selectorColumn<DaemonSet>(
      'A label query over pods that are managed by the daemon set. Must match in order to be controlled. If empty, defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
      ({ spec }) => spec.selector,
    ),
  ],
})
