/** PEM blocks: read as strictly as Go does, and written. */

export interface PemBlock {
  type: string
  headers: Readonly<Record<string, string>>
  bytes: Buffer
  /** What follows the block. */
  rest: string
}

const begin = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n/g
const headerLine = /^([^\n:]*):([^\n]*)\n/

/** The first whole block; text around it is skipped. Undefined when there is none. */
export function decodePem(text: string): PemBlock | undefined {
  for (const match of text.matchAll(begin)) {
    const type = match[1]!
    let body = text.slice(match.index + match[0].length)
    const headers: Record<string, string> = {}
    for (let line = headerLine.exec(body); line; line = headerLine.exec(body)) {
      headers[line[1]!.trim()] = line[2]!.trim()
      body = body.slice(line[0].length)
    }
    const end = `-----END ${type}-----`
    const at = body.startsWith(end) ? 0 : body.indexOf(`\n${end}`) + 1
    if (at === 0 && !body.startsWith(end)) continue
    const after = body.slice(at + end.length)
    if (!/^[ \t\r]*(\n|$)/.test(after)) continue
    const base64 = body.slice(0, at).replace(/[\s]/g, '')
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4) continue
    return { type, headers, bytes: Buffer.from(base64, 'base64'), rest: after.replace(/^[ \t\r]*\n/, '') }
  }
  return undefined
}

/** One block, 64 characters a line. */
export const encodePem = (type: string, bytes: Buffer): string =>
  `-----BEGIN ${type}-----\n${bytes.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${type}-----\n`
