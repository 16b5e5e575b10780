/** JSON patches of webhooks. Here upstream tells what does not apply, which it hides from clients that patch. */
import { applyJsonPatch } from '../../../machinery/patch/json-patch.js'

interface Operation {
  op?: string
  path?: string
}

/** The words of upstream's library. */
function failure({ op = '', path = '' }: Operation): string {
  if (op === 'test') return `testing value ${path} failed: test failed`
  if (op === 'replace') return `replace operation does not apply: doc is missing key: ${path}: missing value`
  if (op === 'add' || op === 'remove')
    return `${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`
  return `Unexpected kind: ${op}`
}

/** Throws an Error that names the first operation that does not apply. */
export function applyWebhookPatch(document: unknown, patch: readonly unknown[]): unknown {
  let patched = document
  for (const operation of patch)
    try {
      patched = applyJsonPatch(patched, [operation])
    } catch {
      throw new Error(failure((operation ?? {}) as Operation))
    }
  return patched
}
