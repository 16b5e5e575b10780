/** Field selectors: `spec.nodeName=a,status.phase!=Running`, matched against a map of field values. */
import { badRequest } from '../status-error.js'

export interface FieldRequirement {
  field: string
  operator: '=' | '!='
  value: string
}

/** All requirements must be met; none select everything. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[]
}

/** Commas part terms, unless a backslash stands before. */
const splitTerms = (text: string): string[] => (text.match(/(?:\\[\s\S]|[^\\,]|\\$)+/g) ?? []).sort()

/** Takes `\\`, `\,` and `\=` for the character itself; anything else after a backslash is an error, and so is a bare `,` or `=`. */
function unescapeValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text
  let value = ''
  for (const [match, escaped, plain] of text.matchAll(/\\(.?)|(.)/gsu)) {
    if (plain === undefined && !/^[\\,=]$/.test(escaped ?? '')) {
      throw badRequest(`invalid field selector: invalid escape sequence: ${match}`)
    }
    if (plain === ',' || plain === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${plain.codePointAt(0)}`)
    }
    value += plain ?? escaped
  }
  return value
}

/** `\`, `,` and `=` get a backslash. */
export const escapeFieldValue = (value: string): string => value.replace(/[\\,=]/g, '\\$&')

/** Reads the query form; empty or absent selects everything. Throws a 400 StatusError in upstream's words. */
export function parseFieldSelector(text: string | undefined): FieldSelector {
  if (!text) return { requirements: [] }
  const requirements = splitTerms(text).map((term): FieldRequirement => {
    const split = /^(.*?)(!=|==|=)([\s\S]*)$/s.exec(term)
    if (!split) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    return { field: split[1]!, operator: split[2] === '!=' ? '!=' : '=', value: unescapeValue(split[3]!) }
  })
  // Upstream drops a term without name and value.
  return { requirements: requirements.filter(({ field, value }) => field || value) }
}

/** `fields` has a value for every field the kind supports, `''` where the object has none. */
export const matchesFields = (selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean =>
  selector.requirements.every(({ field, operator, value }) => ((fields[field] ?? '') === value) === (operator === '='))

/** The value that the selector demands of a field, for look-ups in an index. */
export const requiredField = (selector: FieldSelector, field: string): string | undefined =>
  selector.requirements.find(r => r.field === field && r.operator === '=')?.value

/** The query form. */
export const formatFieldSelector = (selector: FieldSelector): string =>
  selector.requirements.map(r => `${r.field}${r.operator}${escapeFieldValue(r.value)}`).join(',')

/** How a kind words its refusal; upstream has one sentence for most and others for a few. */
export type UnsupportedField = (field: string) => string

/** Kinds with selectable fields of their own, custom resources included. */
export const fieldLabelNotSupported: UnsupportedField = field => `field label not supported: ${field}`

/** Kinds with nothing beyond name and namespace. */
export const notKnownFieldSelector: UnsupportedField = field =>
  `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`

export interface FieldSupport {
  namespaced?: boolean
  unsupported?: UnsupportedField
}

/**
 * Throws a 400 StatusError for the first field that the kind does not support. `metadata.name` always is, and so is
 * `metadata.namespace` but for kinds without namespaces that have fields of their own.
 */
export function checkFieldSelector(
  selector: FieldSelector,
  supported: readonly string[],
  {
    namespaced = true,
    unsupported = supported.length ? fieldLabelNotSupported : notKnownFieldSelector,
  }: FieldSupport = {},
): void {
  const always = namespaced || !supported.length ? ['metadata.name', 'metadata.namespace'] : ['metadata.name']
  for (const { field } of selector.requirements) {
    if (!always.includes(field) && !supported.includes(field)) throw badRequest(unsupported(field))
  }
}
