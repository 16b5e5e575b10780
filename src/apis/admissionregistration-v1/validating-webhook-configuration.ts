/** ValidatingWebhookConfiguration says which webhooks may refuse which requests. */
import { defineKind } from '../../machinery/kind.js'
import type { ValidatingWebhookConfiguration } from '../generated/admissionregistration-v1.js'
import { webhookColumns } from './webhook-columns.js'
import { defaultWebhook, validateWebhooks } from './webhooks.js'

export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  scope: 'Cluster',
  names: { plural: 'validatingwebhookconfigurations', categories: ['api-extensions'] },
  anyFinalizers: true,

  setDefaults({ webhooks = [] }) {
    for (const hook of webhooks) defaultWebhook(hook)
  },
  updateChecks: ['meta', 'change'],
  validateCreate: ({ webhooks }) => validateWebhooks(webhooks),
  validateUpdate: ({ webhooks }, old) => validateWebhooks(webhooks, old.webhooks ?? []),

  strategy: { bumpGenerationOn: ['webhooks'], bumpGenerationOnEmpty: true, allowUnconditionalUpdate: false },
  printerColumns: webhookColumns,
})
