/** PodTemplate keeps a pod template as an object of its own. */
import { defineKind } from '../../machinery/kind.js'
import { formatLabels } from '../../machinery/selector/index.js'
import type { PodTemplate } from '../generated/core-v1.js'
import { containerColumns } from '../printing/containers.js'
import { dropDisabledPodFields } from './pod-spec/disabled-fields.js'
import { podTemplateWarnings, setPodTemplateDefaults, validatePodTemplateSpec } from './pod-template.js'

export const podTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  scope: 'Namespaced',
  names: { plural: 'podtemplates' },

  setDefaults: ({ template }) => setPodTemplateDefaults(template),
  validate: ({ template }) => validatePodTemplateSpec(template, 'template'),
  warnings: (object, old) => podTemplateWarnings(object.template, 'template', old?.template),

  strategy: {
    bumpGenerationOn: ['template'],
    prepareForCreate: ({ template }) => dropDisabledPodFields(template.spec, undefined),
    prepareForUpdate: ({ template }, old) => dropDisabledPodFields(template.spec, old.template.spec),
  },
  printerColumns: [
    ...containerColumns<PodTemplate>(({ template }) => template.spec.containers, { wide: false }),
    {
      name: 'Pod Labels',
      description: 'The labels for the pod template.',
      of: ({ template }) => formatLabels(template.metadata?.labels),
    },
  ],
})
