/** Printer columns of ResourceSlices, with upstream's descriptions. */
import type { PrinterColumn } from '../../machinery/kind.js'
import type { ResourceSlice } from '../generated/resource-v1.js'

const node = `NodeName identifies the node which provides the resources in this pool. A field selector can be used to list only ResourceSlice objects belonging to a certain node.

This field can be used to limit access from nodes to ResourceSlices with the same node name. It also indicates to autoscalers that adding new nodes of the same type as some old node might also make new resources available.

Exactly one of NodeName, NodeSelector, AllNodes, and PerDeviceNodeSelection must be set. This field is immutable.`

const driver = `Driver identifies the DRA driver providing the capacity information. A field selector can be used to list only ResourceSlice objects with a certain driver name.

Must be a DNS subdomain and should end with a DNS domain owned by the vendor of the driver. This field is immutable.`

const pool = `Name is used to identify the pool. For node-local devices, this is often the node name, but this is not required.

It must not be longer than 253 characters and must consist of one or more DNS sub-domains separated by slashes. This field is immutable.`

export const columns: readonly PrinterColumn<ResourceSlice>[] = [
  { name: 'Node', description: node, of: ({ spec }) => spec.nodeName ?? '' },
  { name: 'Driver', description: driver, of: ({ spec }) => spec.driver },
  { name: 'Pool', description: pool, of: ({ spec }) => spec.pool.name },
]
