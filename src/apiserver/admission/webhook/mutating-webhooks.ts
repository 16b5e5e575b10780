/** MutatingAdmissionWebhook: webhooks change a request one after the other, and once more where others changed it after them. */
import { cloneJson } from '../../../machinery/clone.js'
import type { AnyKind } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { internalError } from '../../../machinery/status-error.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import { isExempt } from '../rule-matching.js'
import { callWebhook, type DispatchDeps, invocationKind, objectsAs } from './dispatch.js'
import type { ReviewAnswer } from './review.js'
import { applyWebhookPatch } from './webhook-patch.js'
import type { AllWebhooks } from './webhooks.js'

/** Decodes what a patch made, with defaults. Throws an Error of what cannot be read. */
export type Redecode = (kind: AnyKind, subresource: string, document: unknown) => AnyObject

export interface MutatingDeps extends DispatchDeps {
  redecode: Redecode
}

/** Replaces what the object holds: admission's callers hold on to it. */
function replaceContents(object: AnyObject, by: AnyObject): void {
  for (const key of Object.keys(object)) if (!(key in by)) delete (object as Record<string, unknown>)[key]
  Object.assign(object, by)
}

/** True when the patch changed the object. */
function applyPatch(
  attributes: AdmissionAttributes,
  as: AnyKind,
  patch: readonly unknown[],
  { webhook, deps }: { webhook: string; deps: MutatingDeps },
): boolean {
  const { object, kind } = attributes
  if (!object)
    throw internalError(
      `admission webhook ${JSON.stringify(webhook)} attempted to modify the object, which is not supported for this operation`,
    )
  const before = objectsAs(attributes, as, deps.equivalence).object!
  try {
    const patched = applyWebhookPatch(cloneJson(before), patch) as AnyObject
    const decoded = deps.redecode(as, attributes.subresource, patched)
    if (JSON.stringify(decoded) === JSON.stringify(before)) return false
    replaceContents(object, deps.equivalence.convert(decoded, as, kind))
    return true
  } catch (error) {
    throw internalError((error as Error).message)
  }
}

/** What happened in the first round of a request, kept for the second. */
interface Rounds {
  /** Webhooks that want to hear of later changes, in the order of their calls. */
  reinvocable: Set<string>
  /** Of them, those after whose call something changed. */
  due: Set<string>
  /** The object as the last webhook left it. */
  output: string
}

export function mutatingWebhooks({ mutating }: AllWebhooks, deps: MutatingDeps): AdmissionPlugin {
  const requests = new WeakMap<AdmissionAttributes, Rounds>()

  const dispatch = async (attributes: AdmissionAttributes) => {
    const known = requests.get(attributes)
    const rounds = known ?? { reinvocable: new Set(), due: new Set(), output: '' }
    requests.set(attributes, rounds)
    const markDue = () => {
      for (const id of rounds.reinvocable) rounds.due.add(id)
      rounds.reinvocable.clear()
    }
    if (known && JSON.stringify(attributes.object) !== rounds.output) markDue()
    for (const registered of mutating.all) {
      const { webhook, id } = registered
      const kind = await invocationKind(registered, attributes, deps)
      if (!kind || (known && !rounds.due.has(id))) continue
      const accept = ({ patch }: ReviewAnswer) => {
        if (!patch?.length || !applyPatch(attributes, kind, patch, { webhook: webhook.name, deps })) return
        markDue()
        attributes.reinvoke = true
      }
      await callWebhook(registered, attributes, kind, { deps, mutating: true, accept })
      if (webhook.reinvocationPolicy === 'IfNeeded') rounds.reinvocable.add(id)
    }
    rounds.output = JSON.stringify(attributes.object) ?? ''
  }

  return {
    name: 'MutatingAdmissionWebhook',
    operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
    subresources: true,
    mutate: attributes => (mutating.all.length && !isExempt(attributes) ? dispatch(attributes) : undefined),
  }
}
