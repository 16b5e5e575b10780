/** Finds what is wrong with a text in unpadded base64url. */

/** Where the flaw is, as Go's decoder tells it; undefined when there is none. Line ends do not count. */
export function base64Flaw(text: string): number | undefined {
  let digits = 0
  let quantum = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '\n' || character === '\r') continue
    if (!/[\w-]/.test(character)) return Buffer.byteLength(text.slice(0, at))
    if (digits++ % 4 === 0) quantum = at
  }
  return digits % 4 === 1 ? quantum : undefined
}
