/** What CustomResourceDefinitions need of their store: patterns can be compiled, and they stay until their objects are gone. */
import { setCondition } from '../apis/apiextensions-v1/conditions.js'
import type { CustomResourceDefinition } from '../apis/generated/apiextensions-v1.js'
import { formatTime } from '../machinery/clock.js'
import { expressionHooks } from './expression-hooks.js'
import type { KindHooks } from './hooks.js'

/** Removed by whoever has deleted the definition's objects. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

export const definitionHooks: KindHooks = {
  ...expressionHooks,
  beginDelete(object, _options, { now }) {
    const { metadata } = object
    if (metadata.deletionTimestamp) return 'proceed'
    metadata.deletionTimestamp = formatTime(now)
    if (!metadata.finalizers?.includes(cleanupFinalizer))
      metadata.finalizers = [...(metadata.finalizers ?? []), cleanupFinalizer]
    const condition = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    }
    setCondition(object as unknown as CustomResourceDefinition, condition, now)
    return 'write'
  },
}
