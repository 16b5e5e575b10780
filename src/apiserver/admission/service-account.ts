/** ServiceAccount: gives each pod its account, the account's token as a volume, and its image pull secrets. */
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Clock, Random } from '../../machinery/clock.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { podRefersToSecrets } from '../authz/node-objects.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, serviceAccounts } from './lookup.js'
import { enforcesMountableSecrets, unlistedEphemeralSecret, unlistedSecret } from './mountable-secrets.js'
import { type AdmittedContainer, type AdmittedPod, asPod, isMirrorPod } from './pod-spec.js'

interface ServiceAccount extends KubernetesObject {
  automountServiceAccountToken?: boolean
  imagePullSecrets?: { name?: string }[]
  secrets?: { name?: string }[]
}

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'
const tokenSeconds = 3607
const defaultAccount = 'default'

/** The account `default` of a new namespace is made by a controller: wait for it this long. */
const attempts = 10
const attemptMilliseconds = 100

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

/** Five letters of upstream's alphabet without vowels. */
export function randomSuffix(random: Random): string {
  let suffix = ''
  while (suffix.length < 5) suffix += suffixLetters[Math.floor(random.next() * suffixLetters.length)]
  return suffix
}

const tokenVolume = (name: string) => ({
  name,
  projected: {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  },
})

function mountInto(container: AdmittedContainer, name: string): boolean {
  if (container.volumeMounts?.some(mount => mount.mountPath === mountPath)) return false
  container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }]
  return true
}

function mountToken(pod: AdmittedPod, random: Random): void {
  const existing = pod.spec.volumes?.find(volume => volume.name.startsWith(volumePrefix))
  const name = existing?.name ?? volumePrefix + randomSuffix(random)
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]
  const mounted = containers.map(container => mountInto(container, name))
  if (!existing && mounted.includes(true)) pod.spec.volumes = [...(pod.spec.volumes ?? []), tokenVolume(name)]
}

function checkMirrorPod(attributes: AdmissionAttributes, pod: AdmittedPod): void {
  if (pod.spec.serviceAccountName) throw refusal(attributes, 'a mirror pod may not reference service accounts')
  if (podRefersToSecrets(attributes.object!)) throw refusal(attributes, 'a mirror pod may not reference secrets')
  for (const { projected } of pod.spec.volumes ?? []) {
    const sources = (projected as { sources?: { serviceAccountToken?: object }[] } | undefined)?.sources ?? []
    if (sources.some(source => source.serviceAccountToken))
      throw refusal(attributes, 'a mirror pod may not use ServiceAccountToken volume projections')
  }
}

const specOf = ({ object }: AdmissionAttributes) => object!.spec as NonNullable<Pod['spec']>

const missing = (attributes: AdmissionAttributes, name: string) =>
  refusal(
    attributes,
    `error looking up service account ${attributes.namespace}/${name}: serviceaccount "${name}" not found`,
  )

export function serviceAccount(lookup: Lookup, { clock, random }: { clock: Clock; random: Random }): AdmissionPlugin {
  const wait = () => new Promise<void>(resolve => clock.after(attemptMilliseconds, resolve))

  const find = async (namespace: string, name: string): Promise<ServiceAccount | undefined> => {
    for (let attempt = 0; ; attempt++) {
      const found = await lookup.get<ServiceAccount>(serviceAccounts, { namespace, name })
      if (found || name !== defaultAccount || attempt === attempts) return found
      await wait()
    }
  }

  return {
    name: 'ServiceAccount',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    subresources: true,

    async mutate(attributes) {
      if (attributes.operation !== 'CREATE' || attributes.subresource) return
      const pod = asPod(attributes.object)
      if (isMirrorPod(pod)) return checkMirrorPod(attributes, pod)
      const name = pod.spec.serviceAccountName || defaultAccount
      pod.spec.serviceAccountName = name
      pod.spec.serviceAccount = name
      const { namespace } = attributes
      const account = await find(namespace, name)
      if (!account) throw missing(attributes, name)
      if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, random)
      if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
        pod.spec.imagePullSecrets = account.imagePullSecrets.map(secret => ({ name: secret.name ?? '' }))
      const unlisted = enforcesMountableSecrets(account) && unlistedSecret(specOf(attributes), account)
      if (unlisted) throw refusal(attributes, unlisted)
    },

    async validate(attributes) {
      const { operation, subresource, namespace, object } = attributes
      if (operation !== 'UPDATE' || subresource !== 'ephemeralcontainers' || isMirrorPod(asPod(object))) return
      const name = asPod(object).spec.serviceAccountName || defaultAccount
      const account = await find(namespace, name)
      if (!account) throw missing(attributes, name)
      const unlisted = enforcesMountableSecrets(account) && unlistedEphemeralSecret(specOf(attributes), account)
      if (unlisted) throw refusal(attributes, unlisted)
    },
  }
}
