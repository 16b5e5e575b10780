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

/** What a component calls itself: the manager of the fields that it writes. */
export function userAgentOf({ name }: UserInfo): string {
  if (name.startsWith('system:node:')) return 'kubelet'
  return name === schedulerUser.name ? 'kube-scheduler' : 'kube-controller-manager'
}

/** Whom kubeadm sets a cluster up as. */
export const administrator: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', authenticated] }
