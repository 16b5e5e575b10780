/** Tokens by which a node joins: `ID.SECRET`, kept as a Secret, and what their bearers may do: as kubeadm sets it up. */
import { randomInt } from 'node:crypto'
import { secret as secretKind } from '../../apis/core-v1/index.js'
import type { ClusterRoleBinding, Role, RoleBinding } from '../../apis/generated/rbac-v1.js'
import { clusterRoleBinding, role, roleBinding } from '../../apis/rbac-v1/index.js'
import type { Client } from '../../client/client.js'
import { formatTime } from '../../machinery/clock.js'
import { isReason } from '../../machinery/status-error.js'
import { UsageError } from '../flags.js'

export interface BootstrapToken {
  id: string
  secret: string
}

const [idLength, secretLength] = [6, 16]
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
const pattern = new RegExp(`^([a-z0-9]{${idLength}})\\.([a-z0-9]{${secretLength}})$`)

const chars = (length: number) => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')

export const newBootstrapToken = (): BootstrapToken => ({ id: chars(idLength), secret: chars(secretLength) })

/** Throws UsageError. */
export function parseBootstrapToken(text: string): BootstrapToken {
  const [, id, secret] = pattern.exec(text) ?? []
  if (!id || !secret)
    throw new UsageError(
      `--token must be ${idLength} and ${secretLength} lower-case letters or digits with a dot in between, as \`minik8s node token\` prints it`,
    )
  return { id, secret }
}

const bootstrappers = 'system:bootstrappers:kubeadm:default-node-token'
const rbac = 'rbac.authorization.k8s.io'
const group = (name: string) => ({ kind: 'Group', apiGroup: rbac, name })
const approval = 'system:certificates.k8s.io:certificatesigningrequests'

const binding = (name: string, roleName: string, to: string): ClusterRoleBinding => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  subjects: [group(to)],
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: roleName },
})

const bindings = [
  binding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', bootstrappers),
  binding('kubeadm:node-autoapprove-bootstrap', `${approval}:nodeclient`, bootstrappers),
  binding('kubeadm:node-autoapprove-certificate-rotation', `${approval}:selfnodeclient`, 'system:nodes'),
]

/** Who does not trust the cluster yet reads cluster-info without credentials. */
const readers = { name: 'kubeadm:bootstrap-signer-clusterinfo', namespace: 'kube-public' }
const readersRole: Role = {
  apiVersion: `${rbac}/v1`,
  kind: 'Role',
  metadata: readers,
  rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'], verbs: ['get'] }],
}
const readersBinding: RoleBinding = {
  apiVersion: `${rbac}/v1`,
  kind: 'RoleBinding',
  metadata: readers,
  subjects: [{ kind: 'User', apiGroup: rbac, name: 'system:anonymous' }],
  roleRef: { apiGroup: rbac, kind: 'Role', name: readers.name },
}

const unlessThere = (error: unknown) => {
  if (!isReason(error, 'AlreadyExists')) throw error
}

/** Lets bearers of bootstrap tokens join; what is there already stays as it is. */
export async function allowJoining(client: Client): Promise<void> {
  await Promise.all([
    ...bindings.map(object => client.create(clusterRoleBinding, object).catch(unlessThere)),
    client.create(role, readersRole).catch(unlessThere),
    client.create(roleBinding, readersBinding).catch(unlessThere),
  ])
}

/** `until`: milliseconds since the epoch. */
export async function storeToken(client: Client, token: BootstrapToken, until: number): Promise<void> {
  const data = {
    'token-id': token.id,
    'token-secret': token.secret,
    expiration: formatTime(until),
    'usage-bootstrap-authentication': 'true',
    'usage-bootstrap-signing': 'true',
    'auth-extra-groups': bootstrappers,
  }
  await client.create(secretKind, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${token.id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  })
}
