/** Checks of how a definition converts between its versions. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { isDns1035Label } from '../../machinery/names.js'
import type { CustomResourceConversion } from '../generated/apiextensions-v1.js'
import { validateWebhookService, validateWebhookUrl } from '../validation/webhook-client.js'

const reviewVersions = ['v1', 'v1beta1']

function* reviewVersionErrors(versions: readonly string[], path: string, recognized: boolean): Generator<FieldError> {
  if (!versions.length) {
    yield required(path)
    return
  }
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) yield invalid(`${path}[${i}]`, version, 'duplicate version')
    else for (const message of isDns1035Label(version)) yield invalid(`${path}[${i}]`, version, message)
  }
  if (recognized && !versions.some(version => reviewVersions.includes(version)))
    yield invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`)
}

function* webhookErrors({ webhook }: CustomResourceConversion, path: string, recognized: boolean) {
  const client = webhook?.clientConfig
  const at = `${path}.webhookClientConfig`
  if (!client) yield required(at, 'required when strategy is set to Webhook')
  else if ((client.url === undefined) === !client.service)
    yield required(at, 'exactly one of url or service is required')
  else if (client.url !== undefined) yield* validateWebhookUrl(client.url, `${at}.url`)
  else if (client.service) yield* validateWebhookService(client.service, `${at}.service`)
  yield* reviewVersionErrors(webhook?.conversionReviewVersions ?? [], `${path}.conversionReviewVersions`, recognized)
}

/** True unless the versions a definition had before were unknown ones already. */
export function wantsRecognizedVersions(old: CustomResourceConversion | undefined): boolean {
  const versions = old?.webhook?.conversionReviewVersions ?? []
  return !versions.length || versions.some(version => reviewVersions.includes(version))
}

export function* conversionErrors(
  conversion: CustomResourceConversion | undefined,
  path: string,
  recognized: boolean,
): Generator<FieldError> {
  if (!conversion) return
  const { strategy, webhook } = conversion
  if (!strategy) yield required(`${path}.strategy`)
  else if (strategy !== 'None' && strategy !== 'Webhook')
    yield notSupported(`${path}.strategy`, strategy, ['None', 'Webhook'])
  if (strategy === 'Webhook') {
    yield* webhookErrors(conversion, path, recognized)
    return
  }
  const why = 'should not be set when strategy is not set to Webhook'
  if (webhook?.clientConfig) yield forbidden(`${path}.webhookClientConfig`, why)
  if (webhook?.conversionReviewVersions?.length) yield forbidden(`${path}.conversionReviewVersions`, why)
}
