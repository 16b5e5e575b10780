/** Defaults of a pod spec, in a pod or in a template. */
import type { PodSpec } from '../../generated/core-v1.js'
import { canonicalResourceList } from '../resource-list.js'
import { setContainerDefaults } from './container-defaults.js'
import { setVolumeDefaults } from './volumes/defaults.js'

/** The old name of the field stays readable: upstream writes both. */
function syncServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount
  if (!name) return
  spec.serviceAccountName = name
  spec.serviceAccount = name
}

/** Upstream's SetDefaults_PodSpec and everything below it; what only a pod gets is in pod-defaults.ts. */
export function setPodSpecDefaults(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  syncServiceAccount(spec)
  canonicalResourceList(spec.overhead)
  canonicalResourceList(spec.resources?.limits)
  canonicalResourceList(spec.resources?.requests)
  spec.volumes?.forEach(setVolumeDefaults)
  spec.initContainers?.forEach(setContainerDefaults)
  spec.containers?.forEach(setContainerDefaults)
  spec.ephemeralContainers?.forEach(setContainerDefaults)
}
