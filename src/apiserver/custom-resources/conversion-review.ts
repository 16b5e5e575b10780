/** ConversionReview: what a conversion webhook is asked, and how its answer is read. Messages are upstream's. */
import type { FieldError } from '../../machinery/field-error.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { validateAnnotations } from '../../machinery/object-meta-validation.js'
import { validateLabels } from '../../machinery/selector/validate-label-selector.js'
import { deepEqualJson } from '../../machinery/structural/correlation.js'
import { isJsonObject, type JsonObject } from '../../machinery/structural/json-schema.js'

const group = 'apiextensions.k8s.io'
const knownVersions = ['v1', 'v1beta1']

/** `versions`: those that the webhook reads, the preferred first. */
export function newConversionReview(
  versions: readonly string[],
  request: { uid: string; desiredAPIVersion: string; objects: readonly AnyObject[] },
) {
  const version = versions.find(candidate => knownVersions.includes(candidate))
  if (!version) throw new Error('no supported conversion review versions')
  return { kind: 'ConversionReview', apiVersion: `${group}/${version}`, request }
}

interface ReviewResponse {
  uid?: string
  convertedObjects?: unknown[]
  result?: { status?: string; message?: string }
}

const goType = (apiVersion: string, kind: string) => `${apiVersion}, Kind=${kind}`

/** The converted objects, unchecked. Throws an Error for an answer that is none, or that says no. */
export function readConversionReview(
  answer: unknown,
  { apiVersion, request }: ReturnType<typeof newConversionReview>,
): unknown[] {
  const review = (answer ?? {}) as { kind?: string; apiVersion?: string; response?: ReviewResponse }
  const { response } = review
  const isStrict = apiVersion === `${group}/v1`
  if (review.kind !== 'ConversionReview')
    throw new Error(
      `no kind ${JSON.stringify(review.kind ?? '')} is registered for version ${JSON.stringify(review.apiVersion ?? '')} in scheme "pkg/runtime/scheme.go:110"`,
    )
  if (isStrict && review.apiVersion !== apiVersion) {
    const got = goType(review.apiVersion ?? '', review.kind)
    throw new Error(`expected webhook response of ${goType(apiVersion, 'ConversionReview')}, got ${got}`)
  }
  if (!response) throw new Error('no response provided')
  const { uid = '', result } = response
  if (isStrict && uid !== request.uid)
    throw new Error(`expected response.uid=${JSON.stringify(request.uid)}, got ${JSON.stringify(uid)}`)
  if (result?.status !== 'Success')
    throw new Error(result?.message || `response.result.status was '${result?.status ?? ''}', not 'Success'`)
  return response.convertedObjects ?? []
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

function checkIdentity(original: AnyObject, converted: JsonObject): void {
  const metadata = isJsonObject(converted.metadata) ? converted.metadata : {}
  const fields = [
    ['name', original.metadata.name, metadata.name],
    ['namespace', original.metadata.namespace, metadata.namespace],
    ['UID', original.metadata.uid, metadata.uid],
  ] as const
  for (const [what, expected = '', got] of fields)
    if (expected !== text(got)) throw new Error(`must have the same ${what}: ${expected} != ${text(got)}`)
}

const goNames: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'bool',
  number: 'int64',
  object: 'map[string]interface {}',
}
const goTypeOf = (value: unknown) =>
  Array.isArray(value) ? '[]interface {}' : value === null ? '<nil>' : (goNames[typeof value] ?? typeof value)

const aggregated = (errors: readonly FieldError[]) => {
  const lines = errors.map(({ field, message }) => `${field}: ${message}`)
  return lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`
}

function textsOf(name: 'labels' | 'annotations', value: unknown, before: unknown): Record<string, string> {
  if (!isJsonObject(value)) throw new Error(`invalid metadata.${name} of type ${goTypeOf(value)} in converted object`)
  for (const [key, one] of Object.entries(value))
    if (typeof one !== 'string')
      throw new Error(`metadata.${name}[${key}] must be a string, but is ${goTypeOf(one)} in converted object`)
  const texts = value as Record<string, string>
  if (deepEqualJson(texts, before ?? {})) return texts
  const errors =
    name === 'labels' ? validateLabels(texts, 'metadata.labels') : validateAnnotations(texts, 'metadata.annotation')
  if (errors.length) throw new Error(aggregated(errors))
  return texts
}

/** Of metadata a webhook may change labels and annotations, and nothing else. */
function withMetadata(original: AnyObject, converted: JsonObject): AnyObject {
  if (converted.metadata === undefined) throw new Error('missing metadata in converted object')
  if (!isJsonObject(converted.metadata))
    throw new Error(`invalid metadata of type ${goTypeOf(converted.metadata)} in converted object`)
  const { labels: _labels, annotations: _annotations, ...metadata } = original.metadata
  for (const name of ['labels', 'annotations'] as const) {
    const value = converted.metadata[name]
    if (value === undefined || value === null) continue
    Object.assign(metadata, { [name]: textsOf(name, value, original.metadata[name]) })
  }
  return { ...converted, metadata } as AnyObject
}

/** One converted object, checked against what it was. Throws an Error that ends `conversion webhook for … returned `. */
export function acceptConverted(original: AnyObject, converted: unknown, to: AnyKind, where: string): AnyObject {
  const { apiVersion = '', kind = '' } = isJsonObject(converted)
    ? (converted as { apiVersion?: string; kind?: string })
    : {}
  if (apiVersion !== to.apiVersion)
    throw new Error(`invalid ${where}: invalid groupVersion (expected ${to.apiVersion}, received ${apiVersion})`)
  if (kind !== original.kind)
    throw new Error(`invalid ${where}: invalid kind (expected ${original.kind}, received ${kind})`)
  const object = converted as JsonObject
  const alone = where.replace(/ at index 0$/, '')
  try {
    checkIdentity(original, object)
  } catch (error) {
    throw new Error(`invalid ${alone}: ${(error as Error).message}`)
  }
  try {
    return withMetadata(original, object)
  } catch (error) {
    throw new Error(
      `invalid metadata${alone === 'object' ? '' : ` in ${where.replace('converted ', '')}`}: ${(error as Error).message}`,
    )
  }
}
