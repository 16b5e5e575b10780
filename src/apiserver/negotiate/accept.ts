/** Chooses the form of an answer from the `Accept` header, as upstream's negotiation does. */

import { StatusError } from '../../machinery/status-error.js'
import type { MetaVersion } from './partial-metadata.js'

export type Encoding = 'json' | 'yaml' | 'protobuf'

export const mediaTypes: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
}

/** A wish for another kind of object: `as=Table;g=meta.k8s.io;v=v1`. */
export interface Conversion {
  kind: string
  group: string
  version: string
}

export interface AcceptedForm {
  encoding: Encoding
  convert?: Conversion
  /** `pretty=1` as a parameter of the media type. */
  pretty: boolean
}

/** In which version of meta.k8s.io a converted answer is. */
export const metaVersion = ({ convert }: AcceptedForm): MetaVersion =>
  convert?.version === 'v1beta1' ? 'v1beta1' : 'v1'

interface Clause {
  type: string
  subtype: string
  q: number
  params: Readonly<Record<string, string>>
}

function parseClause(text: string): Clause | undefined {
  const [media = '', ...rest] = text.split(';').map(part => part.trim())
  const [type = '', subtype = media === '*' ? '*' : ''] = media.toLowerCase().split('/')
  if (!type || !subtype) return undefined
  const params: Record<string, string> = {}
  let q = 1
  for (const part of rest) {
    const equals = part.indexOf('=')
    if (equals < 0) continue
    const [name, value] = [part.slice(0, equals).trim(), part.slice(equals + 1).trim()]
    if (name === 'q') q = Number.parseFloat(value) || 0
    else params[name] = value
  }
  return { type, subtype, q, params }
}

const specificity = ({ type, subtype, params }: Clause) =>
  (type === '*' ? 0 : 2) + (subtype === '*' ? 0 : 1) + (Object.keys(params).length ? 0.5 : 0)

/** Clauses by preference: higher q first, then the more specific; otherwise in the order given. */
export const parseAccept = (header: string): Clause[] =>
  header
    .split(',')
    .map(parseClause)
    .filter((clause): clause is Clause => clause !== undefined)
    .sort((a, b) => b.q - a.q || specificity(b) - specificity(a))

const matches = ({ type, subtype }: Clause, media: string) =>
  (type === '*' && subtype === '*') || (subtype === '*' ? media.startsWith(`${type}/`) : media === `${type}/${subtype}`)

/** What may be asked of an endpoint. */
export interface Offer {
  /** In order of preference. */
  encodings: readonly Encoding[]
  /** The answer is a stream of events. */
  streams?: boolean
  /** Upstream's route serves watches too, and so names their types to whom it has nothing for. */
  mayStream?: boolean
  /** Upstream's own handlers: its router does not look at the types. */
  unrouted?: boolean
  /** Encodings for converted answers alone. */
  convertedOnly?: readonly Encoding[]
  allows(conversion: Conversion, encoding: Encoding): boolean
}

export const allResourceEncodings: readonly Encoding[] = ['json', 'yaml', 'protobuf']
const metaTypes = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'])

/** Resources can be shown as tables and as metadata; tables are for the eye and not for protobuf. */
export const resourceOffer: Offer = {
  encodings: allResourceEncodings,
  allows: ({ kind, group, version }, encoding) =>
    group === 'meta.k8s.io' &&
    (version === 'v1' || version === 'v1beta1') &&
    metaTypes.has(kind) &&
    (kind !== 'Table' || encoding !== 'protobuf'),
}

/** Nothing but the object itself. */
export const plainOffer: Offer = { encodings: allResourceEncodings, allows: () => false }

function formOf(clause: Clause, encoding: Encoding, offer: Offer): AcceptedForm | undefined {
  const { as, g, v, stream, sv, pretty } = clause.params
  if ((stream && stream !== 'watch') || sv) return undefined
  const form: AcceptedForm = { encoding, pretty: pretty === '1' }
  if (as === undefined && g === undefined && v === undefined) return form
  const convert = { kind: as ?? '', group: g ?? '', version: v ?? '' }
  return offer.allows(convert, encoding) ? { ...form, convert } : undefined
}

const listOf = (encodings: readonly Encoding[], suffix = '') =>
  encodings.map(encoding => mediaTypes[encoding] + suffix).join(', ')

const streamEncodings: readonly Encoding[] = ['json', 'protobuf']

/** The encodings that some clause could be answered in, whatever the answer. */
const matching = (clauses: readonly Clause[], offer: Offer) =>
  clauses.flatMap(clause =>
    allResourceEncodings
      .filter(encoding => matches(clause, mediaTypes[encoding]))
      .map(encoding => formOf(clause, encoding, offer)),
  )

/**
 * Before anything is negotiated, upstream's router wants a type named that its route produces, or one that is any: it takes
 * `application/*` for a name.
 */
function isRouted(header: string): boolean {
  return header.split(',').some(clause => {
    const media = clause.split(';', 1)[0]!.trim()
    return media === '*/*' || allResourceEncodings.some(encoding => media === mediaTypes[encoding])
  })
}

function unrouted({ mayStream }: Offer): StatusError {
  const plain = listOf(allResourceEncodings)
  const all = mayStream ? `${plain}, ${listOf(streamEncodings, ';stream=watch')}` : plain
  return new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${all}`, {})
}

/** Throws the router's 406: it comes before all that can be said of the resource. */
export function checkRouted(header: string | undefined, offer: Offer): void {
  if (header && !offer.unrouted && !isRouted(header)) throw unrouted(offer)
}

function notAcceptable(clauses: readonly Clause[], { encodings, streams, ...offer }: Offer): StatusError {
  // Upstream first looks for any form, and then for one that can be streamed.
  const unstreamed = streams && matching(clauses, { ...offer, encodings }).some(form => form !== undefined)
  const list = unstreamed
    ? listOf(streamEncodings, ';stream=watch')
    : listOf(streams ? allResourceEncodings : encodings)
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${list}`)
}

function choose(header: string, offer: Offer): AcceptedForm {
  if (!header) return { encoding: offer.encodings[0] ?? 'json', pretty: false }
  checkRouted(header, offer)
  const clauses = parseAccept(header)
  for (const clause of clauses) {
    for (const encoding of offer.encodings) {
      if (!matches(clause, mediaTypes[encoding])) continue
      const form = formOf(clause, encoding, offer)
      if (form && (form.convert || !offer.convertedOnly?.includes(encoding))) return form
    }
  }
  throw notAcceptable(clauses, offer)
}

const remembered = new WeakMap<Offer, Map<string, AcceptedForm>>()
const maxRemembered = 200

/** Throws 406. The same few headers come again and again, so answers are remembered. */
export function negotiate(header: string | undefined, offer: Offer): AcceptedForm {
  let forms = remembered.get(offer)
  if (!forms) remembered.set(offer, (forms = new Map()))
  const key = header ?? ''
  let form = forms.get(key)
  if (!form) {
    form = choose(key, offer)
    if (forms.size >= maxRemembered) forms.clear()
    forms.set(key, form)
  }
  return form
}

const humanClients = ['curl', 'Wget', 'Mozilla/5.0']

/** Indented for the eye: asked for by `?pretty`, or the client is one that people look at. */
export function wantsPretty(userAgent: string | undefined, query: URLSearchParams | undefined): boolean {
  const asked = query?.get('pretty')
  if (asked) return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(asked)
  return !!userAgent && humanClients.some(client => userAgent.startsWith(client))
}
