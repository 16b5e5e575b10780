/** Namespaces end in two steps: marked Terminating by their deletion, removed when their content and `spec.finalizers` are gone. */
import { formatTime } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { DeleteOptions } from '../machinery/request.js'
import { foregroundFinalizer, orphanFinalizer } from './deletion-finalizers.js'
import type { KindHooks } from './hooks.js'

interface NamespaceObject extends AnyObject {
  spec?: { finalizers?: string[] }
  status?: { phase?: string }
}

const isKept = (namespace: NamespaceObject): boolean => !!namespace.spec?.finalizers?.length

/** Upstream asks here only what the options say, and else leaves things as they are. */
function setFinalizers({ metadata }: AnyObject, { orphanDependents, propagationPolicy }: DeleteOptions): void {
  const old = metadata.finalizers ?? []
  const wanted = (name: string, policy: string, byOrphan: boolean) => {
    if (orphanDependents !== undefined) return orphanDependents === byOrphan
    return propagationPolicy ? propagationPolicy === policy : old.includes(name)
  }
  const finalizers = old.filter(name => name !== orphanFinalizer && name !== foregroundFinalizer)
  if (wanted(orphanFinalizer, 'Orphan', true)) finalizers.push(orphanFinalizer)
  if (wanted(foregroundFinalizer, 'Foreground', false)) finalizers.push(foregroundFinalizer)
  if (finalizers.length) metadata.finalizers = finalizers
  else delete metadata.finalizers
}

export const namespaceHooks: KindHooks = {
  beginDelete(object, options, { now }) {
    const namespace = object as NamespaceObject
    if (!namespace.metadata.deletionTimestamp) {
      namespace.metadata.deletionTimestamp = formatTime(now)
      namespace.status = { ...namespace.status, phase: 'Terminating' }
      setFinalizers(namespace, options)
      return 'write'
    }
    return isKept(namespace) ? 'keep' : 'proceed'
  },
  mayVanish: namespace => !isKept(namespace as NamespaceObject),
}
