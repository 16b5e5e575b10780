/** Converts custom resources by the webhook of their definition. */
import type { KindConversion } from '../../apis/conversion.js'
import type { CustomResourceConversion } from '../../apis/generated/apiextensions-v1.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { StatusError } from '../../machinery/status-error.js'
import type { CallWebhook, WebhookConfig } from '../webhook-client/webhook-client.js'
import { acceptConverted, newConversionReview, readConversionReview } from './conversion-review.js'

/** How a server reaches conversion webhooks. */
export interface ConversionCalls {
  call: CallWebhook
  newUid(): string
}

/** Upstream's figure. */
const timeoutMs = 30_000
/** Objects in one request: what they say must fit into one answer. */
const batchSize = 500

/** Plain errors are 500 without a reason upstream. */
const failed = (message: string) => new StatusError(500, '', message)

function configOf({ webhook }: CustomResourceConversion): WebhookConfig {
  const { url, service, caBundle } = webhook?.clientConfig ?? {}
  return { ...(url !== undefined && { url }), ...(service && { service }), ...(caBundle && { caBundle }) }
}

/** Undefined for definitions whose versions differ by name only. */
export function conversionWebhook(
  conversion: CustomResourceConversion | undefined,
  { call, newUid }: ConversionCalls,
): KindConversion['remote'] {
  if (conversion?.strategy !== 'Webhook') return undefined
  const config = configOf(conversion)
  const versions = conversion.webhook?.conversionReviewVersions ?? []

  async function ask(objects: readonly AnyObject[], to: AnyKind): Promise<AnyObject[]> {
    const [first] = objects
    const what = `conversion webhook for ${first?.apiVersion}, Kind=${first?.kind}`
    let converted: unknown[]
    try {
      const review = newConversionReview(versions, { uid: newUid(), desiredAPIVersion: to.apiVersion, objects })
      converted = readConversionReview(await call(config, review, timeoutMs), review)
    } catch (error) {
      throw failed(`${what} failed: ${(error as Error).message}`)
    }
    if (converted.length !== objects.length)
      throw failed(`${what} returned ${converted.length} objects, expected ${objects.length}`)
    try {
      return objects.map((object, i) => {
        const where = objects.length === 1 ? 'object at index 0' : `converted object at index ${i}`
        return acceptConverted(object, converted[i], to, where)
      })
    } catch (error) {
      throw failed(`${what} returned ${(error as Error).message}`)
    }
  }

  return async (objects, to) => {
    const all: AnyObject[] = []
    for (let i = 0; i < objects.length; i += batchSize) all.push(...(await ask(objects.slice(i, i + batchSize), to)))
    return all
  }
}
