/** Go's `%q`: how upstream's messages quote a text. */

const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}
const plain = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u
const loneSurrogate = /^[\ud800-\udfff]$/

function quoted(character: string): string {
  const known = named[character]
  if (known) return known
  if (loneSurrogate.test(character)) return '\ufffd'
  if (plain.test(character)) return character
  const code = character.codePointAt(0)!
  const hex = (digits: number) => code.toString(16).padStart(digits, '0')
  return code < 0x80 ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`
}

/** In double quotes; what cannot be printed is escaped, and half a surrogate pair is the replacement character. */
export function goQuote(text: string): string {
  if (plain.test(text) && !text.includes('"') && !text.includes('\\')) return `"${text}"`
  return `"${Array.from(text, quoted).join('')}"`
}
