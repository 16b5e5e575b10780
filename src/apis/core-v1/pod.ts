/** Pod is a group of containers that live and die together on one node. */
import { defineKind } from '../../machinery/kind.js'
import { isDns1123Label } from '../../machinery/names.js'
import type { Pod } from '../generated/core-v1.js'
import { podColumns, podRowConditions } from './pod-columns.js'
import { preparePodForCreate } from './pod-creation.js'
import { setPodDefaults } from './pod-defaults.js'
import { validateEphemeralContainersUpdate } from './pod-ephemeral-containers.js'
import { keepOnlyResize, validatePodResize } from './pod-resize.js'
import { dropDisabledPodFields } from './pod-spec/disabled-fields.js'
import { podSpecWarnings } from './pod-spec/warnings.js'
import { isPodTerminal } from './pod-status.js'
import { preparePodForStatusUpdate, validatePodStatusUpdate } from './pod-status-update.js'
import { validatePodUpdate } from './pod-update.js'
import { validateNewPod, validatePod } from './pod-validation.js'

function creationWarnings(pod: Pod): string[] {
  const problems = isDns1123Label(pod.metadata.name ?? '')
  const name = `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`
  return [...(problems.length ? [name] : []), ...podSpecWarnings(pod)]
}

export const pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  scope: 'Namespaced',
  names: { plural: 'pods', shortNames: ['po'], categories: ['all'] },

  setDefaults: setPodDefaults,
  updateChecks: ['metaUpdate', 'meta', 'spec', 'change'],
  *validate(object, { subresource }) {
    if (!subresource) yield* validatePod(object)
  },
  validateCreate: validateNewPod,
  *validateUpdate(object, old, { subresource }) {
    if (!subresource) yield* validatePodUpdate(object, old)
  },
  // Updates of pods are many and seldom by hand: upstream warns at creation only.
  warnings: (object, old) => (old ? [] : creationWarnings(object)),

  strategy: {
    prepareForCreate: (object, { now }) => preparePodForCreate(object, now),
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') preparePodForStatusUpdate(object, old)
      else if (subresource === 'resize') keepOnlyResize(object, old)
      if (subresource !== 'status') dropDisabledPodFields(object.spec, old.spec)
    },
    // A pod that no node runs, or that has ended, has nobody to wait for.
    gracePeriodSeconds(object, requested) {
      if (!object.spec.nodeName || isPodTerminal(object)) return 0
      const period = requested ?? object.spec.terminationGracePeriodSeconds ?? 0
      return period < 0 ? 1 : period
    },
  },
  subresources: {
    status: { validateUpdate: validatePodStatusUpdate },
    views: {
      ephemeralcontainers: {
        writes: ['spec.ephemeralContainers'],
        validateUpdate: validateEphemeralContainersUpdate,
      },
      resize: { writes: ['spec.containers', 'spec.initContainers'], validateUpdate: validatePodResize },
    },
  },
  printerColumns: podColumns,
  rowConditions: podRowConditions,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => `${spec.hostNetwork ?? false}`,
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
})
