/** The value of a string or bytes literal. */

const simple: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** `text` as in the source, quotes and `r` included, `b` not. Throws an Error with cel-go's message. */
export function unquote(text: string): string {
  const { body, raw } = strip(text)
  if (raw || !body.includes('\\')) return body
  return body.replace(escapes, (_, sequence: string) => decode(sequence))
}

/** As `unquote`, for bytes: `\x` and octal escapes are bytes, all else is UTF-8. */
export function unquoteBytes(text: string): Uint8Array {
  const { body, raw } = strip(text)
  if (raw) return Buffer.from(body)
  const parts = body.split(/(\\(?:[xX][0-9a-fA-F]{2}|[0-3][0-7]{2}|[^xX]))/su)
  return Buffer.concat(parts.map(bytesOf))
}

function bytesOf(part: string): Uint8Array {
  const hex = /^\\[xX](..)$/u.exec(part)?.[1]
  if (hex) return Uint8Array.of(Number.parseInt(hex, 16))
  const octal = /^\\([0-3][0-7]{2})$/u.exec(part)?.[1]
  if (octal) return Uint8Array.of(Number.parseInt(octal, 8))
  return Buffer.from(part.replace(escapes, (_, sequence: string) => decode(sequence)))
}

const escapes = /\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[0-3][0-7]{2}|.)/giu

function decode(sequence: string): string {
  const first = sequence[0]!
  if (/^[0-3]/u.test(first)) return String.fromCodePoint(Number.parseInt(sequence, 8))
  if (sequence.length === 1) return simple[first] ?? first
  const code = Number.parseInt(sequence.slice(1), 16)
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw new Error('invalid unicode code point')
  return String.fromCodePoint(code)
}

function strip(text: string): { body: string; raw: boolean } {
  const raw = /^[rR]/u.test(text)
  const quoted = (raw ? text.slice(1) : text).replace(/\r\n?/gu, '\n')
  const quotes = /^(?:"""|''')/u.test(quoted) && quoted.length >= 6 ? 3 : 1
  return { body: quoted.slice(quotes, -quotes), raw }
}
