/** ValidatingAdmissionWebhook: all webhooks that a request concerns are asked at once; the first refusal counts. */
import type { AdmissionPlugin } from '../admission.js'
import { isExempt } from '../rule-matching.js'
import { callWebhook, type DispatchDeps, invocationKind } from './dispatch.js'
import type { AllWebhooks } from './webhooks.js'

export const validatingWebhooks = ({ validating }: AllWebhooks, deps: DispatchDeps): AdmissionPlugin => ({
  name: 'ValidatingAdmissionWebhook',
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  subresources: true,
  validate(attributes) {
    const { all } = validating
    if (!all.length || isExempt(attributes)) return undefined
    return (async () => {
      const calls: (() => Promise<unknown>)[] = []
      for (const registered of all) {
        const kind = await invocationKind(registered, attributes, deps)
        if (kind) calls.push(() => callWebhook(registered, attributes, kind, { deps, mutating: false }))
      }
      const outcomes = await Promise.allSettled(calls.map(call => call()))
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    })()
  },
})
