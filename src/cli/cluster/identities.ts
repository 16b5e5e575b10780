/** Who the components of the cluster are to its API server, as upstream names them. */
import type { UserInfo } from '../../machinery/request.js'

const authenticated = 'system:authenticated'

export const controllerManagerUser: UserInfo = { name: 'system:kube-controller-manager', groups: [authenticated] }
export const schedulerUser: UserInfo = { name: 'system:kube-scheduler', groups: [authenticated] }

export const nodeUser = (node: string): UserInfo => ({
  name: `system:node:${node}`,
  groups: ['system:nodes', authenticated],
})

/** A service account of kube-system, such as `deployment-controller`. */
export const controllerUser = (account: string): UserInfo => ({
  name: `system:serviceaccount:kube-system:${account}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', authenticated],
})
