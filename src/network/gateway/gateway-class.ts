/** The class of Gateways that is there as soon as Gateways are. */
import type { Client } from '../../client/client.js'
import { isReason } from '../../machinery/status-error.js'
import { controllerName, gatewayClassKind, gatewayGroup } from './gateway-kinds.js'

const className = 'minik8s'

/** Creates our class; one of that name that is there stays as it is. */
export async function ensureGatewayClass(client: Client): Promise<void> {
  await client
    .create(gatewayClassKind, {
      apiVersion: `${gatewayGroup}/v1`,
      kind: 'GatewayClass',
      metadata: { name: className },
      spec: { controllerName },
    })
    .catch(error => {
      if (!isReason(error, 'AlreadyExists')) throw error
    })
}
