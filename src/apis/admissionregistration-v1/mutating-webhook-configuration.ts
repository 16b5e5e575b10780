/** MutatingWebhookConfiguration says which webhooks may change or refuse which requests. */
import { defineKind } from '../../machinery/kind.js'
import type { MutatingWebhookConfiguration } from '../generated/admissionregistration-v1.js'
import { webhookColumns } from './webhook-columns.js'
import { defaultWebhook, validateWebhooks } from './webhooks.js'

export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  scope: 'Cluster',
  names: { plural: 'mutatingwebhookconfigurations', categories: ['api-extensions'] },
  anyFinalizers: true,

  setDefaults({ webhooks = [] }) {
    for (const hook of webhooks) {
      defaultWebhook(hook)
      hook.reinvocationPolicy ??= 'Never'
    }
  },
  updateChecks: ['meta', 'change'],
  validateCreate: ({ webhooks }) => validateWebhooks(webhooks),
  validateUpdate: ({ webhooks }, old) => validateWebhooks(webhooks, old.webhooks ?? []),

  strategy: { bumpGenerationOn: ['webhooks'], bumpGenerationOnEmpty: true, allowUnconditionalUpdate: false },
  printerColumns: webhookColumns,
})
