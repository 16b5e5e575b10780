/** Printer columns of both sorts of webhook configuration. */
import type { PrinterColumn } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { age } from '../printing/age.js'

export const webhookColumns: readonly PrinterColumn<KubernetesObject & { webhooks?: readonly unknown[] }>[] = [
  {
    name: 'Webhooks',
    type: 'integer',
    description: 'Webhooks indicates the number of webhooks registered in this configuration',
    of: ({ webhooks }) => webhooks?.length ?? 0,
  },
  age,
]
