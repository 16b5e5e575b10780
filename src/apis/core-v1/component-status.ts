/** ComponentStatus tells the health of the control plane's parts. Deprecated, and not stored: the server makes it up. */
import { defineKind } from '../../machinery/kind.js'
import type { ComponentStatus } from '../generated/core-v1.js'

const healthy = ({ conditions }: ComponentStatus) => conditions?.find(({ type }) => type === 'Healthy')

function statusText(object: ComponentStatus): string {
  const condition = healthy(object)
  if (!condition) return 'Unknown'
  return condition.status === 'True' ? 'Healthy' : 'Unhealthy'
}

export const componentStatus = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  scope: 'Cluster',
  names: { plural: 'componentstatuses', shortNames: ['cs'] },
  deprecationWarning: 'v1 ComponentStatus is deprecated in v1.19+',
  verbs: ['get', 'list'],
  strategy: { bumpGenerationOn: [] },
  printerColumns: [
    { name: 'Status', description: 'Status of the component conditions', of: statusText },
    {
      name: 'Message',
      description: 'Message of the component conditions',
      of: object => healthy(object)?.message ?? '',
    },
    { name: 'Error', description: 'Error of the component conditions', of: object => healthy(object)?.error ?? '' },
  ],
})
